import { expect, test } from "vitest";
import { describe, pointWords, table, type Query, type Result } from "./model";

const result: Result = {
  people: 3,
  days: [
    { day: 0, people: 3, amount: 10, arpu: 10 / 3, paying: 2, arppu: 5, new_paying: 1, incomplete: false },
    { day: 1, people: 0, amount: 0, arpu: null, paying: 0, arppu: null, new_paying: 0, incomplete: true },
  ],
  explain: { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 },
};
const query: Query = { kind: "lifetime", range: { last_days: 90 }, measure: "arpu" };

test("a day has its figures, and each opens whom it is about", () => {
  const numbers = table(query, result);
  expect(numbers.rows.map((row) => row.title)).toEqual(["Day 0", "Day 1 …"]);
  expect(numbers.rows[0]?.cells.map((cell) => cell.text)).toEqual(["3", "10", "3.33", "5", "1"]);
  expect(numbers.rows[0]?.cells.map((cell) => cell.point)).toEqual([
    { day: 0, who: "people" },
    { day: 0, who: "paying" },
    { day: 0, who: "people" },
    { day: 0, who: "paying" },
    { day: 0, who: "new_paying" },
  ]);
  expect(numbers.rows[1]?.cells.map((cell) => cell.text)).toEqual(["0", "0", "–", "–", "0"]);
});

test("the question and its numbers have words", () => {
  expect(describe(query)).toBe("Revenue per new person by day 30, new people of last 90 days");
  expect(pointWords(query, { day: 2, who: "new_paying" })).toBe("new in the range with the first payment on day 2");
});
