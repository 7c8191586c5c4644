import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";

export type AuditEntry = Schema<"AuditEntryView">;

export const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  initialPageParam: undefined as string | undefined,
  queryFn: ({ signal, pageParam }) => {
    const query = { "pagination[count]": 100, "pagination[cursor]": pageParam };
    return data(api.GET("/audit", { signal, params: { query } }));
  },
  getNextPageParam: (page) => page.pagination.next ?? undefined,
});
