import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../client";

export const deliveriesQuery = queryOptions({
  queryKey: ["deliveries"],
  queryFn: async ({ signal }) => (await data(api.GET("/deliveries", { signal }))).deliveries,
  refetchInterval: 5_000,
});
