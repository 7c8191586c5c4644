import { expect, test } from "vitest";
import {
  conditions,
  conditionWords,
  finished,
  isAskable,
  isSame,
  lean,
  measureWords,
  opsFor,
  peopleQuery,
  pointFromUrl,
  queryFromUrl,
  queryToUrl,
  selectorName,
  type InsightQuery,
} from "./model";

const trend: InsightQuery = {
  kind: "trend",
  range: { last_days: 90 },
  interval: "week",
  events: [
    {
      event: "Order Completed",
      filters: [{ property: "plan", of: "user", op: "is", values: ["pro"] }] as never,
    },
  ],
  measure: { sum: { property: "revenue", of: "event" } },
  breakdown: { property: "country", of: "user" },
};
const funnel: InsightQuery = {
  kind: "funnel",
  range: { start: "2026-01-01", end: "2026-01-31" },
  steps: [{ event: "Viewed" }, { any_of: [{ event: "Bought" }, { event: "Subscribed" }] }],
  window_seconds: 3_600,
};

const retention: InsightQuery = {
  kind: "retention",
  range: { last_days: 30 },
  start: { event: "_new" },
  returning: { event: "Bought" },
  mode: { brackets: [[0, 1], [1, 4]] },
};

test("a question comes back from its URL as it was", () => {
  const paths: InsightQuery = { kind: "paths", range: { last_days: 7 }, end: { event: "Bought" }, collapse_repeats: true };
  for (const query of [trend, funnel, retention, paths]) expect(queryFromUrl(queryToUrl(query))).toEqual(query);
});

test("what is so anyway is not in the URL", () => {
  const wordy: InsightQuery = {
    kind: "trend",
    range: { last_days: 7 },
    interval: "day",
    measure: "uniques",
    users: "active",
    traits_as_of: "event",
    segment: [],
    events: [{ event: "A", filters: [] }],
  };
  expect(queryToUrl(wordy)).toBe('{"kind":"trend","range":{"last_days":7},"events":[{"event":"A"}]}');
});

test("a link that is no question opens an empty builder", () => {
  for (const text of ["", "{", "null", "[]", '{"kind":"trend"}', '{"kind":"retension","range":{}}']) {
    expect(queryFromUrl(text)).toBeUndefined();
  }
});

test("questions are the same whatever the order of their fields and with or without what is usual", () => {
  const { kind, range, ...rest } = trend;
  expect(isSame({ ...rest, range, kind }, trend)).toBe(true);
  expect(isSame({ ...funnel, resolution: "second", users: "active" }, funnel)).toBe(true);
  expect(isSame({ ...funnel, window_seconds: 60 }, funnel)).toBe(false);
  expect(isSame({ ...trend, events: [] }, trend)).toBe(false);
});

test("nothing is asked until every event is chosen", () => {
  expect(isAskable(trend)).toBe(true);
  expect(isAskable(funnel)).toBe(true);
  expect(isAskable(retention)).toBe(true);
  expect(isAskable({ ...retention, returning: { event: "" } } as InsightQuery)).toBe(false);
  expect(isAskable({ ...funnel, steps: [{ event: "Viewed" }, { event: "" }] })).toBe(false);
  expect(isAskable({ ...trend, events: [] } as InsightQuery)).toBe(false);
  expect(isAskable({ kind: "revenue", range: { last_days: 7 } })).toBe(true);
  expect(isAskable({ kind: "revenue", range: { last_days: 7 }, payments: { refund: { event: "" } } })).toBe(false);
});

test("the people behind a number are asked for with the question without its kind", () => {
  const asked = peopleQuery(funnel, { step: 2, outcome: "dropped_off" });
  expect(asked).toEqual({
    kind: "funnel",
    query: { range: funnel.range, steps: funnel.kind === "funnel" ? funnel.steps : [], window_seconds: 3_600 },
    point: { step: 2, outcome: "dropped_off" },
  });
});

test("a condition without a value is not asked yet, one inside a group stays", () => {
  const open = { property: "plan", of: "user", op: "is", values: [] };
  const group = { any: [open] };
  const query = { ...trend, segment: [open], events: [{ event: "A", filters: [open, group] }] } as never as InsightQuery;
  const asked = finished(query);
  expect(asked.segment).toEqual([]);
  expect(asked.kind === "trend" && asked.events[0]?.filters).toEqual([group]);
  const back = finished({ ...retention, returning: { event: "A", filters: [open, group] } } as never as InsightQuery);
  expect(back.kind === "retention" && back.returning.filters).toEqual([group]);
});

test("a number's place comes back from the URL, anything else is nothing", () => {
  expect(pointFromUrl('{"event":0,"bucket":"2026-01-01"}')).toEqual({ event: 0, bucket: "2026-01-01" });
  expect(pointFromUrl("7")).toBeUndefined();
  expect(pointFromUrl("{")).toBeUndefined();
});

test("events, measures and conditions have words", () => {
  expect(trend.kind === "trend" && measureWords(trend.measure)).toBe("Sum of revenue");
  expect(funnel.kind === "funnel" && funnel.steps.map(selectorName)).toEqual(["Viewed", "Bought or Subscribed"]);
  expect(selectorName({ event: "_new" })).toBe("First event ever");
  const [filter] = conditions(trend.kind === "trend" ? trend.events[0]?.filters : []);
  expect(filter && conditionWords(filter)).toBe("plan is pro");
  const nested = { any: [filter, { not: filter }] } as never;
  expect(conditionWords(nested)).toBe("plan is pro or not (plan is pro)");
});

test("numbers are compared by size, texts by what they contain", () => {
  expect(opsFor(["number"])).toContain("greater");
  expect(opsFor(["string"])).toContain("contains");
  expect(opsFor(["number"])).not.toContain("contains");
});

test("leaving out what is usual keeps everything else", () => {
  expect(lean({ a: 0, b: false, c: null, d: undefined, e: [] })).toEqual({ a: 0, b: false, e: [] });
});
