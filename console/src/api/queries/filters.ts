import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { SentSettings } from "../../lib/settings";
import { api, data, type Schema } from "../client";

export type Filter = Schema<"FilterView">;
export type FilterAction = Schema<"FilterAction">;
export type NewFilter = Schema<"NewFilterBody">;
export type ConditionCheck = Schema<"ConditionData">;
export type FilterPreview = Schema<"FilterPreviewData">;

const ALL = "/destinations/{destinationId}/filters";
const ONE = "/destinations/{destinationId}/filters/{filterId}";

export const filtersQuery = (destinationId: string) =>
  queryOptions({
    queryKey: ["destinations", destinationId, "filters"],
    queryFn: async ({ signal }) =>
      (await data(api.GET(ALL, { signal, params: { path: { destinationId } } }))).filters,
  });

/** Asked on each change of the text, so the former answer stays until the new one is there. */
export const conditionQuery = (condition: string) =>
  queryOptions({
    queryKey: ["condition", condition],
    queryFn: async ({ signal }) =>
      data(api.POST("/filters/validate", { signal, body: { if: condition } })),
    staleTime: Infinity,
  });

/** What the filter makes of the event. */
export const filterPreviewQuery = (condition: string, actions: FilterAction[], payload: Record<string, unknown>) =>
  queryOptions({
    queryKey: ["filter-preview", condition, actions, payload],
    queryFn: async ({ signal }) => {
      const filter = { if: condition, actions };
      const body = { filter, payload: payload as SentSettings };
      return data(api.POST("/filters/preview", { signal, body }));
    },
    staleTime: Infinity,
  });

function useFilterChange<Input>(destinationId: string, act: (input: Input) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["destinations", destinationId] }),
  });
}

/** A new filter without an id, else a changed one. */
export function useSaveFilter(destinationId: string, filterId: string | undefined) {
  return useFilterChange(destinationId, (body: NewFilter) =>
    filterId === undefined
      ? data(api.POST(ALL, { params: { path: { destinationId } }, body }))
      : data(api.PATCH(ONE, { params: { path: { destinationId, filterId } }, body })),
  );
}

export function useSwitchFilter(destinationId: string, filterId: string) {
  const params = { path: { destinationId, filterId } };
  return useFilterChange(destinationId, (enabled: boolean) =>
    data(api.PATCH(ONE, { params, body: { enabled } })),
  );
}

export function useDeleteFilter(destinationId: string) {
  return useFilterChange(destinationId, (filterId: string) =>
    data(api.DELETE(ONE, { params: { path: { destinationId, filterId } } })),
  );
}
