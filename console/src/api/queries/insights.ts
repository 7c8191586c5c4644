import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";

export type InsightQuery = Schema<"InsightQuery">;
export type InsightResult = Schema<"InsightResult">;
export type PeopleQuery = Schema<"PeopleQuery">;
export type Insight = Schema<"InsightView">;

const KEY = ["insights"];
const ALL = { "pagination[count]": 1000 };

export const insightsQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) =>
    (await data(api.GET("/insights", { signal, params: { query: ALL } }))).insights,
});

export const insightQuery = (insightId: string) =>
  queryOptions({
    queryKey: [...KEY, insightId],
    queryFn: async ({ signal }) => {
      const path = { insightId };
      return (await data(api.GET("/insights/{insightId}", { signal, params: { path } }))).insight;
    },
  });

/** The answer to a question, with the question; the one before stays until it comes. */
export const answerQuery = (query: InsightQuery) =>
  queryOptions({
    queryKey: ["answer", query],
    queryFn: async ({ signal }) => {
      const { result } = await data(api.POST("/insights/query", { signal, body: query }));
      return { query, result };
    },
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: 1,
  });

export async function peopleBehind(query: PeopleQuery, cursor: string | undefined, signal: AbortSignal) {
  const page = { "pagination[count]": 50, "pagination[cursor]": cursor };
  return data(api.POST("/insights/people", { signal, body: query, params: { query: page } }));
}

interface Saved {
  name: string;
  query: InsightQuery;
  display: object;
}

export function useSaveInsight() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (saved: Saved) =>
      (await request<{ insight: Insight }>("POST", "/insights", saved)).insight,
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useChangeInsight(insightId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (change: Partial<Saved>) =>
      (await request<{ insight: Insight }>("PATCH", `/insights/${insightId}`, change)).insight,
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeleteInsight() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (insightId: string) => request("DELETE", `/insights/${insightId}`),
    onSuccess: async (_, insightId) => {
      client.removeQueries({ queryKey: [...KEY, insightId] });
      await client.invalidateQueries({ queryKey: KEY });
      await client.invalidateQueries({ queryKey: ["dashboards"] });
    },
  });
}
