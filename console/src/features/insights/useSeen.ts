import { useQuery } from "@tanstack/react-query";
import { eventNamesQuery, propertiesQuery } from "../../api/queries/eventSchema";
import type { Seen } from "./templates";
import { finder, SIGNUPS } from "./usual";

/** What templates ask about: the events and properties that were really seen and are offered. */
export function useSeen(): Seen {
  const events = (useQuery(eventNamesQuery).data ?? []).filter((one) => !one.isNotOffered).map((one) => one.name);
  const properties = useQuery(propertiesQuery(undefined)).data ?? [];
  const signup = finder(events)(SIGNUPS);
  const ofSignup = useQuery({ ...propertiesQuery(signup), enabled: signup !== undefined }).data ?? [];
  return { events, properties, ofSignup };
}
