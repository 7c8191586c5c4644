import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";

export type PersonSummary = Schema<"PersonSummary">;
export type Person = Schema<"Person">;
export type PersonEvent = Schema<"PersonEvent">;

const KEY = ["people"];
const PAGE = 50;

/** Those seen last first, or those that a search finds. */
export const peopleQuery = (q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...KEY, "list", q ?? ""],
    queryFn: ({ signal, pageParam }) => {
      const query = { q, "pagination[count]": q ? 100 : PAGE, "pagination[cursor]": pageParam };
      return data(api.GET("/people", { signal, params: { query } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  });

export const personQuery = (personId: number) =>
  queryOptions({
    queryKey: [...KEY, personId],
    queryFn: async ({ signal }) =>
      (await data(api.GET("/people/{personId}", { signal, params: { path: { personId } } }))).person,
  });

export const personEventsQuery = (personId: number, name: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...KEY, personId, "events", name ?? ""],
    queryFn: ({ signal, pageParam }) => {
      const query = { name, "pagination[count]": PAGE, "pagination[cursor]": pageParam };
      const path = { personId };
      return data(api.GET("/people/{personId}/events", { signal, params: { path, query } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  });

export function useUndoMerge(personId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (mergeId: string) => {
      const path = { personId, mergeId };
      return data(api.POST("/people/{personId}/merges/{mergeId}/undo", { params: { path } }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useErasePerson() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (personId: number) => data(api.DELETE("/people/{personId}", { params: { path: { personId } } })),
    // Every number may have counted them.
    onSuccess: () => client.invalidateQueries(),
  });
}
