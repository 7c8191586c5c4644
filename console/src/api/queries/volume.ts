import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../client";

export interface VolumeDay {
  label: string;
  count: number;
  partial: boolean;
}

/** All accepted events per day of the last days, in the workspace's time zone. */
export const volumeQuery = (lastDays: number) =>
  queryOptions({
    queryKey: ["volume", lastDays],
    queryFn: async ({ signal }): Promise<VolumeDay[]> => {
      const { result } = await data(
        api.POST("/insights/query", {
          signal,
          body: {
            kind: "trend",
            range: { last_days: lastDays },
            interval: "day",
            measure: "totals",
            events: [{ event: "_all" }],
          },
        }),
      );
      if (result.kind !== "trend") return [];
      const values = result.series[0]?.values ?? [];
      return result.buckets.map(({ label, partial }, at) => ({
        label,
        partial,
        count: values[at] ?? 0,
      }));
    },
    refetchInterval: 15_000,
  });
