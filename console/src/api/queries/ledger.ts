import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../client";

export const ledgerQuery = queryOptions({
  queryKey: ["ledger"],
  queryFn: async ({ signal }) => (await data(api.GET("/ledger", { signal }))).ledger,
  refetchInterval: 5_000,
});
