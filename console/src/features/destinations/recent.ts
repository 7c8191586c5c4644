// The latest accepted events of a destination's sources, to preview and to try out with.

import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Destination } from "../../api/queries/destinations";
import { type LiveEvent, livePage, receiptAtQuery } from "../../api/queries/liveEvents";
import { likely } from "./mapping";

const SHOWN = 50;

interface Recent {
  events: LiveEvent[];
  isLoading: boolean;
}

/** Newest first; looked up again while one works, as the event one waits for may only come now. */
export function useRecentEvents(destination: Destination): Recent {
  return useQueries({
    queries: destination.connections.map(({ sourceId }) => ({
      queryKey: ["recent-events", sourceId],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        (await livePage({ sourceId, state: "accepted" }, undefined, signal)).events,
      refetchInterval: 5_000,
    })),
    combine: (pages) => ({
      events: pages
        .flatMap((page) => page.data ?? [])
        .sort((a, b) => b.receivedOffset - a.receivedOffset)
        .slice(0, SHOWN),
      isLoading: pages.some((page) => page.isLoading),
    }),
  });
}

/** The event in full, as it is stored. */
export function useStoredEvent(receivedOffset: string | undefined) {
  const query = { ...receiptAtQuery(receivedOffset ?? ""), refetchInterval: false as const };
  return useQuery({ ...query, enabled: receivedOffset !== undefined, staleTime: Infinity });
}

interface Picked {
  /** The place of the picked event. */
  at: string | undefined;
  pick: (receivedOffset: string | null) => void;
  options: { value: string; label: string }[];
}

/** One event to look at: first the latest that the trigger is likely to be about. It stays, whatever
    comes in while one works. */
export function usePicked(events: readonly LiveEvent[], trigger = ""): Picked {
  const [picked, setPicked] = useState<string | null>(null);
  const best = events.find((event) => likely(trigger, event)) ?? events[0];
  if (picked === null && best !== undefined) setPicked(String(best.receivedOffset));
  const options = events.map(eventOption);
  const isListed = picked === null || picked === SAMPLE_AT || options.some((option) => option.value === picked);
  if (!isListed) options.push({ value: picked, label: "An earlier event" });
  return { at: picked ?? undefined, pick: setPicked, options };
}

/** Stands for an event that nobody sent. */
export const SAMPLE_AT = "sample";

export function eventOption(event: LiveEvent): { value: string; label: string } {
  const parts = [event.type, event.name, event.userId ?? event.anonymousId];
  return { value: String(event.receivedOffset), label: parts.filter(Boolean).join(" · ") };
}
