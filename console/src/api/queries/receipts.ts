import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../client";

/** The way of one event through the system. */
export const receiptQuery = (sourceId: string, messageId: string) =>
  queryOptions({
    queryKey: ["receipt", sourceId, messageId],
    queryFn: async ({ signal }) => {
      const path = { sourceId, messageId };
      return (await data(api.GET("/events/{sourceId}/{messageId}", { signal, params: { path } })))
        .receipt;
    },
  });
