// What was really seen: event names and properties, for the pickers.

import { queryOptions } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";

export type EventName = Schema<"EventName">;
export type PropertyName = Schema<"PropertyName">;

export const eventNamesQuery = queryOptions({
  queryKey: ["event-names"],
  queryFn: async ({ signal }) => (await data(api.GET("/events/names", { signal }))).events,
  // An event that has just come is looked for: whoever sent it is trying it out.
  staleTime: 2_000,
});

/** Properties of an event, or of all; with the traits of people. */
export const propertiesQuery = (event: string | undefined) =>
  queryOptions({
    queryKey: ["event-properties", event ?? ""],
    queryFn: async ({ signal }) =>
      (await data(api.GET("/events/properties", { signal, params: { query: { event } } })))
        .properties,
    staleTime: 60_000,
  });
