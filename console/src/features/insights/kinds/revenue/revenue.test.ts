import { expect, test } from "vitest";
import { describe, drawn, pointWords, table, type Query, type Result } from "./model";

const counts = (amount: number, paying: number) => ({
  amount,
  refunded: 5,
  payments: 3,
  paying,
  active: 10,
  arpu: amount / 10,
  arppu: paying > 0 ? amount / paying : null,
});
const result: Result = {
  interval: "day",
  buckets: ["2026-03-01", "2026-03-02"].map((label) => ({ label, from: `${label}T00:00:00Z`, to: `${label}T23:00:00Z`, partial: false })),
  overall: { counts: [counts(99.5, 2), counts(-5, 0)], total: counts(94.5, 2) },
  explain: { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 },
};
const query: Query = { kind: "revenue", range: { last_days: 2 } };
const split: Result = { ...result, groups: [{ ...result.overall, group: "hat" }], groups_total: 3 };

test("without a breakdown the table has each measure, and opens the people who paid", () => {
  const numbers = table(query, result);
  expect(numbers.rows.map((row) => row.cells.map((cell) => cell.text))).toEqual([
    ["94.5", "99.5", "-5"],
    ["9.45", "9.95", "-0.5"],
    ["47.25", "49.75", "–"],
    ["2", "2", "0"],
  ]);
  expect(numbers.rows[0]?.cells[1]?.point).toEqual({ bucket: "2026-03-01" });
  expect(numbers.rows[0]?.cells[2]?.point).toBeUndefined();
  expect(numbers.note).toContain("Refunds of 5");
});

test("with a breakdown there is a row and a line per value", () => {
  expect(drawn(split).map((one) => one.name)).toEqual(["hat"]);
  const numbers = table({ ...query, breakdown: { property: "productId" } }, split);
  expect(numbers.rows.map((row) => row.title)).toEqual(["Everything", "hat"]);
  expect(numbers.rows[1]?.cells[0]?.point).toEqual({ group: "hat" });
});

test("the question and its numbers have words", () => {
  expect(describe({ ...query, measure: "arppu" })).toBe("Revenue per paying person, per day, last 2 days");
  expect(pointWords(query, { bucket: "2026-03-01", group: "hat" })).toBe("paying · hat · 1 Mar 2026");
});
