import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { gateOf, type Ledger, needsOf, readersOf } from "./model";

const ledger: Ledger = {
  balances: true,
  waitingForPipeline: 5,
  sources: [
    { sourceId: "a", received: 100, accepted: 90, duplicate: 4, refused: { no_user_anon_id: 6 }, balances: true },
    { sourceId: "b", received: 10, accepted: 8, duplicate: 0, refused: { no_user_anon_id: 1, bad_request: 1 }, balances: true },
  ],
  connections: [
    {
      connectionId: "c",
      destinationId: "d",
      sourceId: "a",
      accepted: 90,
      delivered: 70,
      filtered: { connection_disabled: 5 },
      waiting: 10,
      dead: { http_400: 3, http_404: 2 },
      erased: 0,
      expired: 0,
      balances: true,
    },
  ],
  analytics: { accepted: 98, stored: 95, waiting: 3, erased: 0, balances: true },
};

const delivery = (more: Partial<Schema<"DeliveryStatus">>): Schema<"DeliveryStatus"> => ({
  connectionId: "c",
  destinationId: "d",
  sourceId: "a",
  state: "running",
  cursor: 0,
  behind: 0,
  waiting: 0,
  delivered: 0,
  dead: 0,
  warnings: [],
  received: 0,
  filtered: {},
  deadByReason: {},
  expired: 0,
  retries: 0,
  requestsInFlight: 0,
  latency: { p50Ms: 0, p95Ms: 0, p99Ms: 0 },
  ...more,
});

test("what came in equals what became of it, waiting counted", () => {
  const gate = gateOf(ledger);
  expect(gate.received).toBe(115);
  expect(gate.parts.map((part) => part.count)).toEqual([98, 4, 8, 5]);
  expect(gate.refusals[0]).toMatchObject({ reason: "no_user_anon_id", count: 7 });
});

test("each reader's parts add up to what it accepted", () => {
  for (const reader of readersOf(ledger)) {
    expect(reader.parts.reduce((total, part) => total + part.count, 0)).toBe(reader.accepted);
  }
});

test("a stopped destination stands before dead letters and refusals", () => {
  const deliveries = [delivery({ dead: 5 }), delivery({ connectionId: "e", state: "suspended", reason: "401" })];
  const needs = needsOf(ledger, deliveries, () => "Hook");
  expect(needs.map((need) => need.title)).toEqual([
    "Hook is stopped",
    "Hook gave up on 5 events",
    "8 events were refused",
  ]);
});

test("nothing is asked for where all is well", () => {
  const quiet = { ...ledger, sources: [{ ...ledger.sources[0]!, refused: {} }] };
  expect(needsOf(quiet, [delivery({})], () => "Hook")).toEqual([]);
});
