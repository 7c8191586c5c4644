import { queryOptions } from "@tanstack/react-query";
import { stringifySearch } from "../../lib/url";
import type { Schema } from "../client";
import { request } from "../request";

export const LIVE_STATES = ["waiting", "accepted", "duplicate", "refused"] as const;
export type LiveState = Schema<"LiveState">;
export const EVENT_TYPES = ["track", "identify", "page", "screen", "group", "alias"] as const;

/** One item that was received, and what became of it. */
export type LiveEvent = Schema<"LiveEvent">;

export interface LiveFilter {
  sourceId?: string | undefined;
  type?: string | undefined;
  name?: string | undefined;
  person?: string | undefined;
  state?: LiveState | undefined;
  q?: string | undefined;
}

interface LivePage {
  events: LiveEvent[];
  /** Absent at the end of what is kept. A page may be short and not the last. */
  next?: string;
}

/** Rows that come at first: more than a screen has; older ones come when asked for. */
export const FIRST_ROWS = 50;
const OLDER_ROWS = 100;

export function livePage(filter: LiveFilter, before?: string, signal?: AbortSignal) {
  const query = stringifySearch({ ...filter, before, limit: before === undefined ? FIRST_ROWS : OLDER_ROWS });
  return request<LivePage>("GET", `/live-events${query}`, undefined, signal);
}

/** The newest page, as the list begins; the stream goes on behind it. */
export const firstLivePage = (filter: LiveFilter) =>
  queryOptions({
    queryKey: ["live-events", filter],
    queryFn: ({ signal }) => livePage(filter, undefined, signal),
    staleTime: Infinity,
    // As long as the page's code may take to come; what was seen earlier is not shown again.
    gcTime: 5_000,
  });

/** The address of the stream behind a row. */
export function liveStreamUrl(filter: LiveFilter, after: string | undefined): string {
  return `/api/v1/live-events/stream${stringifySearch({ ...filter, after })}`;
}

/** The event in it holds what was sent, in its own digits. */
export type Receipt = Omit<Schema<"Receipt">, "event"> & {
  event?: Record<string, unknown> | null;
};
export type ReceiptDelivery = Schema<"ReceiptDelivery">;

export const receiptAtQuery = (receivedOffset: string) =>
  queryOptions({
    queryKey: ["receipt", receivedOffset],
    queryFn: async ({ signal }) =>
      (
        await request<{ receipt: Receipt }>(
          "GET",
          `/events/received/${encodeURIComponent(receivedOffset)}`,
          undefined,
          signal,
        )
      ).receipt,
    // Its way goes on while one looks.
    refetchInterval: 2_000,
  });
