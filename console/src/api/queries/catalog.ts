import { queryOptions } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import type { SettingField } from "../../lib/settings";

export interface DestinationKind extends Omit<Schema<"KindView">, "settings"> {
  settings: SettingField[];
}

export const catalogQuery = queryOptions({
  queryKey: ["catalog"],
  queryFn: async ({ signal }) => {
    const params = { query: { "pagination[count]": 1000 } };
    const answer = await data(api.GET("/catalog/destinations", { signal, params }));
    return answer.destinationsCatalog as unknown as DestinationKind[];
  },
  staleTime: 10 * 60_000,
});
