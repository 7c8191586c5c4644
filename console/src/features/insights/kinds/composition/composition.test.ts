import { expect, test } from "vitest";
import { isAskable } from "../../model";
import { composition } from ".";
import { describe, pointWords, table, type Query, type Result } from "./model";

const result: Result = {
  people: 4,
  groups: [{ value: "pro", people: 3, share: 0.75 }, { value: "(none)", people: 1, share: 0.25 }],
  groups_total: 5,
  explain: { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 },
};
const query: Query = { kind: "composition", range: { last_days: 30 }, property: { property: "plan", of: "user" } };

test("everybody comes first, then each value with its share, and each opens its people", () => {
  const numbers = table(query, result);
  expect(numbers.rows.map((row) => [row.title, ...row.cells.map((cell) => cell.text)])).toEqual([
    ["Everybody", "4", "100%"],
    ["pro", "3", "75%"],
    ["(none)", "1", "25%"],
  ]);
  expect(numbers.rows[1]?.cells[0]?.point).toEqual({ value: "pro" });
  expect(numbers.note).toBe("The 2 largest of 5 values.");
});

test("a question without a property cannot be asked yet", () => {
  expect(isAskable(composition.blank([]))).toBe(false);
  expect(isAskable(query)).toBe(true);
});

test("the question and its numbers have words", () => {
  expect(describe(query)).toBe("People by plan, most recent value, last 30 days");
  expect(pointWords(query, { value: "pro" })).toBe("plan: pro");
});
