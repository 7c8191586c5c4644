import { expect, test } from "vitest";
import { bracketsText, cohortWords, curves, describe, gridRows, pointWords, readBrackets, table, type Query, type Result } from "./model";
import { says } from "./says";

const cell = (people: number, of: number, incomplete = false) => ({ people, of, share: of > 0 ? people / of : null, incomplete });
const overall = {
  people: 14,
  combined: [cell(14, 14), cell(5, 10), cell(0, 0, true)],
  summed: [cell(14, 14), cell(5, 10), cell(0, 0, true)],
  rows: [
    { label: "2026-03-01", from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z", partial: false, people: 10, cells: [cell(10, 10), cell(5, 10), cell(2, 10, true)] },
    { label: "2026-03-02", from: "2026-03-02T00:00:00Z", to: "2026-03-03T00:00:00Z", partial: true, people: 4, cells: [cell(4, 4), cell(0, 4, true), cell(0, 4, true)] },
  ],
};
const explain = { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 };
const result: Result = {
  unit: "day",
  columns: [0, 1, 2].map((from) => ({ label: `Day ${from}`, from, to: from + 1 })),
  overall,
  explain,
};
const query: Query = { kind: "retention", range: { last_days: 2 }, start: { event: "_new" }, returning: { event: "Order" }, periods: 2 };
const grouped: Result = { ...result, groups: Array.from({ length: 9 }, (_, at) => ({ group: `g${at}`, ...overall })), groups_total: 20 };
const NOW = Date.parse("2026-03-03T12:00:00Z");

test("a period that has not begun has no number, one that is not over has", () => {
  const { all, rows } = gridRows(result, result.overall, NOW);
  expect(all.people).toBe(14);
  expect(rows.map((row) => row.cells.map((one) => one.people))).toEqual([[10, 5, 2], [4, 0, undefined]]);
  expect(rows[1]?.cells[1]?.incomplete).toBe(true);
});

test("the table has all cohorts, then each, and a number opens those who came back then", () => {
  const numbers = table(query, result);
  expect(numbers.rows.map((row) => row.title)).toEqual(["All cohorts", "1 Mar 2026", "2 Mar 2026 *"]);
  expect(numbers.rows[0]?.cells.map((one) => one.text)).toEqual(["14", "100%", "50%", "–"]);
  expect(numbers.rows[1]?.cells[3]?.text).toBe("20% …");
  expect(numbers.rows[1]?.cells[0]?.point).toEqual({ row: "2026-03-01" });
  expect(numbers.rows[1]?.cells[2]?.point).toEqual({ row: "2026-03-01", column: 1 });
  expect(numbers.rows[0]?.cells[2]?.point).toEqual({ column: 1 });
  expect(numbers.rows[2]?.cells[2]?.point).toBeUndefined();
  expect(numbers.note).toBe("* not a whole period. … not over yet for everybody.");
});

test("with a breakdown there is a curve and a row per group", () => {
  expect(curves(result).map((curve) => curve.name)).toEqual(["Everybody"]);
  expect(curves(result)[0]?.values).toEqual([1, 0.5, null]);
  expect(curves(grouped)).toHaveLength(8);
  const numbers = table({ ...query, breakdown: { property: "plan" } }, grouped);
  expect(numbers.rows).toHaveLength(10);
  expect(numbers.rows[1]?.cells[2]?.point).toEqual({ group: "g0", column: 1 });
  expect(numbers.note).toBe("The 9 largest of 20 values.");
});

test("spans are read as they are written, and nothing else is", () => {
  expect(readBrackets("0, 1-3,4 - 7")).toEqual([[0, 1], [1, 4], [4, 8]]);
  expect(bracketsText([[0, 1], [1, 4]])).toBe("0, 1-3");
  for (const text of ["", "3-1", "1,", "a", "367", "0-400", "-1"]) expect(readBrackets(text)).toBeUndefined();
});

test("the question and its numbers have words", () => {
  expect(describe(query)).toBe("First event ever ↻ Order, per day, last 2 days");
  expect(pointWords(query, { row: "2026-03-01", column: 1 })).toBe("did First event ever, then Order on day 1 · 1 Mar 2026");
  expect(pointWords({ ...query, mode: { brackets: [[1, 4]] } }, { column: 0, group: "pro" })).toBe("did First event ever, then Order on days 1 to 3 · pro");
  expect(pointWords(query, {})).toBe("did First event ever");
  expect(cohortWords("2026-03-01", "month")).toBe("Mar 2026");
});

test("the sentence tells the first return of those who are old enough, and the last", () => {
  expect(says(query, result)).toBe("50% of 10 people came back on day 1.");
  const older = { ...overall, combined: [cell(14, 14), cell(5, 10), cell(1, 10)] };
  expect(says(query, { ...result, overall: older })).toBe("50% of 10 people came back on day 1, 10% on day 2.");
});
