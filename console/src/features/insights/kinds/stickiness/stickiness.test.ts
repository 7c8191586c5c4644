import { expect, test } from "vitest";
import { describe, pointWords, series, table, type Query, type Result } from "./model";

const days = (number: number, exactly: number, atLeast: number) => ({
  days: number,
  share_exactly: exactly,
  share_at_least: atLeast,
  people_exactly: exactly * 4,
  people_at_least: atLeast * 4,
});
const result: Result = {
  period: "week",
  days: [days(1, 0.75, 1), days(2, 0.25, 0.25), days(3, 0, 0)],
  people: 4,
  rows: [
    { label: "2026-03-02", from: "2026-03-02T00:00:00Z", to: "2026-03-09T00:00:00Z", partial: false, people: 4, exactly: [3, 1, 0], at_least: [4, 1, 0] },
    { label: "2026-03-09", from: "2026-03-09T00:00:00Z", to: "2026-03-10T00:00:00Z", partial: true, people: 1, exactly: [1, 0, 0], at_least: [1, 0, 0] },
  ],
  explain: { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 },
};
const query: Query = { kind: "stickiness", range: { last_days: 9 }, event: { event: "Order" } };

test("both ways of counting are drawn, and stand with each period in the table", () => {
  expect(series(result).map((one) => one.values)).toEqual([[1, 0.25, 0], [0.75, 0.25, 0]]);
  const numbers = table(query, result);
  expect(numbers.rows.map((row) => row.title)).toEqual([
    "Average, at least so many days",
    "Average, exactly so many days",
    "2 Mar 2026",
    "9 Mar 2026 *",
  ]);
  expect(numbers.rows[1]?.cells.map((cell) => cell.text)).toEqual(["4", "75%", "25%", "0%"]);
  expect(numbers.rows[1]?.cells[2]?.point).toEqual({ days: 2, count: "exactly" });
  expect(numbers.rows[2]?.cells[2]?.point).toEqual({ bucket: "2026-03-02", days: 2, count: "at_least" });
  expect(numbers.rows[3]?.cells[2]?.point).toBeUndefined();
});

test("the question and its numbers have words", () => {
  expect(describe(query)).toBe("Days per week with Order, last 9 days");
  expect(pointWords(query, { bucket: "2026-03-02", days: 2 })).toBe("did Order on at least 2 days of a week · week from 2 Mar 2026");
  expect(pointWords(query, { days: 1, count: "exactly" })).toBe("did Order on exactly 1 day of a week");
});
