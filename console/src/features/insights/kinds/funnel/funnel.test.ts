import { expect, test } from "vitest";
import { bars, conversionLines, describe, fitting, pointWords, table, windowParts, windowWords, type Query, type Result } from "./model";
import { says } from "./says";

const step = (label: string, people: number, dropped: number, start: number, previous: number | null) => ({
  label,
  count: people,
  people,
  dropped_off: dropped,
  people_dropped_off: dropped,
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
  const note = (asked: Partial<Query>) => table({ ...query, ...asked }, { overall, explain }).note;
  expect(note({ count: "totals" })).toContain("2 paths have not converted yet");
  expect(note({ hold: "session" })).toContain("2 sessions have not converted yet");
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

test("over time the table has a row per interval of entry, of times one per bin", () => {
  const moment = { counts: [4, 2], people: [4, 2], conversion: 0.5, median_seconds: 60, times_from_previous: [{ median_seconds: 60, mean_seconds: 70 }] };
  const none = { counts: [0, 0], people: [0, 0], conversion: null, median_seconds: null, times_from_previous: [null] };
  const bucket = (label: string) => ({ label, from: `${label}T00:00:00Z`, to: "", partial: false });
  const distribution = [{ from_seconds: 0, to_seconds: 60, count: 2, people: 2, share: 1 }];
  const result: Result = {
    overall: { ...overall, over_time: [moment, none], time_distribution: distribution },
    buckets: [bucket("2026-03-01"), bucket("2026-03-02")],
    explain,
  };
  const numbers = table(query, result, "line");
  expect(numbers.rows.map((row) => row.cells.map((cell) => cell.text))).toEqual([["4", "2", "50%", "1 min".replace(" ", "\u202f")], ["0", "0", "–", "–"]]);
  expect(numbers.rows[0]?.cells[1]?.point).toEqual({ step: 2, bucket: "2026-03-01" });
  expect(conversionLines(result)[0]?.values).toEqual([0.5, null]);
  const times = table(query, result, "times");
  expect(times.rows[0]?.cells[0]?.point).toEqual({ step: 2, time: { from_seconds: 0, to_seconds: 60 } });
  expect(pointWords(query, { step: 2, time: { from_seconds: 0, to_seconds: 60 } })).toBe("reached Buy in 0 seconds to 1 minute");
});

test("what does not go together is taken off", () => {
  const excluded = { ...query, exclusions: [{ event: { event: "X" }, from: 1, to: 2 }], count: "totals" as const };
  expect(fitting({ ...excluded, order: "any" })).toMatchObject({ exclusions: undefined, count: undefined });
  expect(fitting({ ...excluded, hold: "session" })).toMatchObject({ count: undefined });
  expect(fitting({ ...excluded, steps: [{ event: "View" }] }).exclusions).toEqual([]);
  expect(describe({ ...query, order: "exact", hold: "session" })).toBe("View → Buy, one right after the other, same session, within 7 days, last 7 days");
});

test("the sentence tells how many came through, and what is best or where most are lost", () => {
  expect(says(query, { overall, explain })).toBe("40% of 10 people got from View to Buy.");
  const timed = { ...overall, time_to_convert: { median_seconds: 90, mean_seconds: 100 } };
  expect(says(query, { overall: timed, explain })).toContain("View to Buy, half of them within 1\u202fmin 30\u202fs.");
  const half = { ...group("pro"), steps: [step("View", 4, 2, 1, null), step("Buy", 2, 0, 0.5, 0.5)] };
  expect(says(query, { overall, groups: [group("free"), half], groups_total: 2, explain })).toContain("pro does best (50%), free least (40%).");
  const three = { ...overall, steps: [step("View", 10, 2, 1, null), step("Add", 8, 6, 0.8, 0.8), step("Buy", 2, 0, 0.2, 0.25)] };
  const asked: Query = { ...query, steps: [{ event: "View" }, { event: "Add" }, { event: "Buy" }] };
  expect(says(asked, { overall: three, explain })).toContain("The most are lost before Buy: 6, 75% of those who came so far.");
  expect(says({ ...query, steps: [{ event: "View" }] }, { overall: { ...overall, steps: [step("View", 10, 0, 1, null)] }, explain })).toBeUndefined();
});
