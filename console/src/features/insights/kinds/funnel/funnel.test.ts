import { expect, test } from "vitest";
import { bars, describe, table, windowParts, windowWords, type Query, type Result } from "./model";

const step = (label: string, people: number, dropped: number, start: number, previous: number | null) => ({
  label,
  people,
  dropped_off: dropped,
  from_start: start,
  from_previous: previous,
  time_from_previous: previous === null ? null : { median_seconds: 90, mean_seconds: 100 },
});
const overall = {
  steps: [step("View", 10, 6, 1, null), step("Buy", 4, 0, 0.4, 0.4)],
  time_to_convert: null,
  incomplete: 2,
};
const explain = { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 };
const query: Query = { kind: "funnel", range: { last_days: 7 }, steps: [{ event: "View" }, { event: "Buy" }], window_seconds: 604_800 };
const group = (name: string) => ({ group: name, ...overall });
const grouped = (count: number): Result => ({
  overall,
  groups: Array.from({ length: count }, (_, index) => group(`g${index}`)),
  groups_total: 9,
  explain,
});

test("up to six groups stand side by side, more stand in the table alone", () => {
  expect(bars({ overall, explain })).toHaveLength(1);
  expect(bars(grouped(6)).map((bar) => bar.name)).toHaveLength(6);
  expect(bars(grouped(7)).map((bar) => bar.key)).toEqual(["all"]);
});

test("the table has a row per step, and its numbers open those who reached and those who were lost", () => {
  const numbers = table(query, { overall, explain });
  expect(numbers.rows.map((row) => row.title)).toEqual(["1  View", "2  Buy"]);
  expect(numbers.rows[0]?.cells.map((cell) => cell.text)).toEqual(["10", "100%", "–", "–", "6"]);
  expect(numbers.rows[0]?.cells[4]?.point).toEqual({ step: 1, outcome: "dropped_off" });
  expect(numbers.rows[1]?.cells[0]?.point).toEqual({ step: 2 });
  expect(numbers.note).toContain("2 people have not converted yet");
});

test("with a breakdown the table has a row per group, and a number opens the people of its group", () => {
  const numbers = table({ ...query, breakdown: { property: "plan" } }, grouped(2));
  expect(numbers.rows.map((row) => row.title)).toEqual(["Everybody", "g0", "g1"]);
  expect(numbers.rows[2]?.cells[0]?.point).toEqual({ step: 1, group: "g1" });
  expect(numbers.rows[1]?.cells.at(-1)?.point).toEqual({ step: 1, outcome: "dropped_off", group: "g0" });
  expect(numbers.note).toContain("The 2 largest of 9 values.");
});

test("a window reads in its largest whole unit", () => {
  expect(windowWords(604_800)).toBe("7 days");
  expect(windowWords(86_400)).toBe("1 day");
  expect(windowWords(5_400)).toBe("90 minutes");
  expect(windowParts(61)).toEqual({ count: 61, unit: 1 });
  expect(describe(query)).toBe("View → Buy, within 7 days, last 7 days");
});
