import { queryOptions } from "@tanstack/react-query";
import { request } from "../request";

export interface Setup {
  /** True until the first user exists. */
  needed: boolean;
  regions?: string[];
}

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: () => request<Setup>("GET", "/setup"),
  staleTime: 0,
});
