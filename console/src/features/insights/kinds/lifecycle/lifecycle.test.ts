import { expect, test } from "vitest";
import { describe, pointWords, series, table, type Query, type Result } from "./model";

const bucket = (label: string, partial: boolean) => ({ label, from: `${label}T00:00:00Z`, to: `${label}T23:00:00Z`, partial });
const result: Result = {
  interval: "day",
  buckets: [bucket("2026-03-01", false), bucket("2026-03-02", true)],
  counts: [
    { new: 3, current: 2, resurrected: 1, dormant: 2, pulse: 2 },
    { new: 1, current: 0, resurrected: 0, dormant: 0, pulse: null },
  ],
  explain: { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 },
};
const query: Query = { kind: "lifecycle", range: { last_days: 2 }, event: { event: "Order" } };

test("who leaves stands below the axis in bars and above it in lines", () => {
  expect(series(result, true).map((one) => one.values)).toEqual([[3, 1], [2, 0], [1, 0], [-2, -0]]);
  expect(series(result, false).at(-1)?.values).toEqual([2, 0]);
});

test("a number of the table opens its people, and an empty one opens nothing", () => {
  const numbers = table(query, result);
  expect(numbers.columns.map((column) => column.title)).toEqual(["1 Mar", "2 Mar *"]);
  expect(numbers.rows.map((row) => row.title)).toEqual(["New", "Current", "Resurrected", "Dormant", "Pulse"]);
  expect(numbers.rows[3]?.cells[0]?.point).toEqual({ bucket: "2026-03-01", state: "dormant" });
  expect(numbers.rows[3]?.cells[1]?.point).toBeUndefined();
  expect(numbers.rows[4]?.cells.map((cell) => cell.text)).toEqual(["2", "–"]);
});

test("the question and its numbers have words", () => {
  expect(describe(query)).toBe("Lifecycle of Order, per day, last 2 days");
  expect(pointWords(query, { bucket: "2026-03-01", state: "dormant" })).toBe("did Order in the interval before, not in this one · 1 Mar 2026");
});
