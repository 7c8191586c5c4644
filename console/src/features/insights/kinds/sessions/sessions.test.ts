import { expect, test } from "vitest";
import { binWords, describe, MEASURES, pointAt, pointWords, table, type Query, type Result } from "./model";

const counts = (sessions: number) => ({
  sessions,
  people: sessions,
  active: 4,
  seconds: sessions * 90,
  average_seconds: sessions > 0 ? 90 : null,
  per_person: sessions / 4,
  seconds_per_person: (sessions * 90) / 4,
  events: sessions * 3,
  events_per_session: sessions > 0 ? 3 : null,
  bounces: 0,
  bounced: 0,
  bounce_rate: sessions > 0 ? 0 : null,
  too_long: 1,
});
const result: Result = {
  interval: "day",
  buckets: ["2026-03-01", "2026-03-02"].map((label) => ({ label, from: `${label}T00:00:00Z`, to: `${label}T23:00:00Z`, partial: false })),
  counts: [counts(2), counts(0)],
  total: counts(2),
  lengths: [
    { from_seconds: 0, to_seconds: 180, sessions: 2, people: 2 },
    { from_seconds: 180, sessions: 0, people: 0 },
  ],
  explain: { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 },
};
const query: Query = { kind: "sessions", range: { last_days: 2 } };

test("the table has every measure, and each number opens whom it counts", () => {
  const rows = new Map(table(query, result).rows.map((row) => [row.key, row.cells]));
  expect(rows.get("sessions")?.map((cell) => cell.text)).toEqual(["2", "2", "0"]);
  expect(rows.get("sessions")?.[1]?.point).toEqual({ bucket: "2026-03-01", who: "session" });
  expect(rows.get("sessions")?.[2]?.point).toBeUndefined();
  expect(rows.get("per_person")?.[2]?.point).toEqual({ bucket: "2026-03-02", who: "active" });
  expect(rows.get("average_length")?.[2]?.text).toBe("–");
  expect(table(query, result).note).toContain("more than 24 hours");
});

test("a point of zero opens its people, if it has any", () => {
  expect(pointAt(result, 1, MEASURES.per_person)).toEqual({ bucket: "2026-03-02", who: "active" });
  expect(pointAt(result, 0, MEASURES.average_length)).toEqual({ bucket: "2026-03-01", who: "session" });
  expect(pointAt(result, 1, MEASURES.average_length)).toBeUndefined();
  expect(pointAt(result, 0, MEASURES.bounce_rate)).toBeUndefined();
});

test("lengths have a row per bin", () => {
  const numbers = table({ ...query, measure: "lengths" }, result);
  expect(numbers.rows.map((row) => row.title)).toEqual(["0 s to 3 min", "3 min or more"]);
  expect(numbers.rows[0]?.cells[2]?.point).toEqual({ bin: 0 });
  expect(binWords({ from_seconds: 3_600, sessions: 0, people: 0 })).toBe("1 h or more");
});

test("the question and its numbers have words", () => {
  expect(describe(query)).toBe("Sessions, per day, last 2 days");
  expect(describe({ ...query, measure: "lengths" })).toBe("Lengths of sessions, last 2 days");
  expect(pointWords(query, { bucket: "2026-03-01", who: "bounce" })).toBe("with a bounce · 1 Mar 2026");
});
