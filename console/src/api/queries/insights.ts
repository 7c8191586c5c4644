import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";

/** The API also answers retention, which has no chart here. */
type Drawn<T> = Exclude<T, { kind: "retention" }>;
export type InsightQuery = Drawn<Schema<"InsightQuery">>;
export type InsightResult = Drawn<Schema<"InsightResult">>;
export type PeopleQuery = Drawn<Schema<"PeopleQuery">>;
export type Insight = Omit<Schema<"InsightView">, "query"> & { query: InsightQuery };

function isDrawn(insight: Schema<"InsightView">): insight is Insight {
  return insight.query.kind !== "retention";
}

const KEY = ["insights"];
const ALL = { "pagination[count]": 1000 };

export const insightsQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) =>
    (await data(api.GET("/insights", { signal, params: { query: ALL } }))).insights.filter(isDrawn),
});

export const insightQuery = (insightId: string) =>
  queryOptions({
    queryKey: [...KEY, insightId],
    queryFn: async ({ signal }) => {
      const path = { insightId };
      const { insight } = await data(api.GET("/insights/{insightId}", { signal, params: { path } }));
      if (!isDrawn(insight)) throw new Error("A retention is answered by the API; the console has no chart of it.");
      return insight;
    },
  });

/** The answer to a question, with the question; the one before stays until it comes. */
export const answerQuery = (query: InsightQuery) =>
  queryOptions({
    queryKey: ["answer", query],
    queryFn: async ({ signal }) => {
      const { result } = await data(api.POST("/insights/query", { signal, body: query }));
      return { query, result: result as InsightResult };
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
