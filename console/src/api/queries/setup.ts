import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../client";

/** Whether the server waits for its first account. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => data(api.GET("/setup", { signal })),
  staleTime: 0,
});
