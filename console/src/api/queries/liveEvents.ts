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

export function livePage(filter: LiveFilter, before?: string, signal?: AbortSignal) {
  const query = stringifySearch({ ...filter, before, limit: 100 });
  return request<LivePage>("GET", `/live-events${query}`, undefined, signal);
}

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
