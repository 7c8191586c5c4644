import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";

export type Dashboard = Schema<"DashboardView">;
export type DashboardItem = Schema<"DashboardItem">;
export type DateRange = Schema<"DateRange">;
/** Conditions as in a question's `segment`. */
export type SharedFilters = Dashboard["filters"];

const KEY = ["dashboards"];

export const dashboardsQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) => {
    const query = { "pagination[count]": 1000 };
    return (await data(api.GET("/dashboards", { signal, params: { query } }))).dashboards;
  },
});

export function useCreateDashboard() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (name: string) =>
      (await request<{ dashboard: Dashboard }>("POST", "/dashboards", { name })).dashboard,
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export interface DashboardChange {
  name?: string;
  /** Null lets each insight keep its own. */
  range?: DateRange | null;
  filters?: SharedFilters;
  items?: DashboardItem[];
}

/** Changes show at once; if the server refuses, they go back. */
export function useChangeDashboard(dashboardId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (change: DashboardChange) =>
      (await request<{ dashboard: Dashboard }>("PATCH", `/dashboards/${dashboardId}`, change))
        .dashboard,
    onMutate: async (change) => {
      await client.cancelQueries({ queryKey: KEY });
      const before = client.getQueryData(dashboardsQuery.queryKey);
      client.setQueryData(dashboardsQuery.queryKey, (old) =>
        old?.map((one) =>
          one.id === dashboardId ? { ...one, ...change, range: change.range ?? (change.range === null ? undefined : one.range) } : one,
        ),
      );
      return { before };
    },
    onError: (_error, _change, context) => {
      client.setQueryData(dashboardsQuery.queryKey, context?.before);
    },
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeleteDashboard() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (dashboardId: string) => request("DELETE", `/dashboards/${dashboardId}`),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
