import { expect, test } from "vitest";
import { flowOption } from "../../../../charts/flowOption";
import { describe, flow, pointOf, pointWords, table, withEnds, type Query, type Result } from "./model";

const amount = (people: number) => ({ people, paths: people });
const node = (name: Result["columns"][number]["nodes"][number]["node"], people: number, dropped: number) => ({ node: name, ...amount(people), dropped: amount(dropped) });
const result: Result = {
  ...amount(10),
  columns: [
    { nodes: [node("start", 10, 2)], links: [{ from: 0, to: 0, ...amount(5) }, { from: 0, to: 1, ...amount(3) }] },
    { nodes: [node({ event: "B" }, 5, 5), { ...node("other", 3, 3), folded: [{ event: "C", ...amount(2) }, { event: "D", ...amount(1) }], folded_total: 2 }], links: [] },
  ],
  explain: { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 },
};
const query: Query = { kind: "paths", range: { last_days: 7 }, start: { event: "A" } };
const backward: Query = { kind: "paths", range: { last_days: 7 }, end: { event: "A" } };

test("columns flow from the start, and what goes no further ends in the next column", () => {
  const columns = flow(query, result);
  expect(columns.map((column) => column.nodes.map((one) => one.name))).toEqual([["A"], ["B", "Other events"]]);
  const theme = { dark: false, text: "", muted: "", line: "", lineStrong: "", surface: "" };
  const { series } = flowOption({ columns, total: 10, format: String, compact: false, width: 600 }, theme);
  const [sankey] = series as unknown as { data: { title: string; depth: number; value: number }[]; links: { value: number }[] }[];
  expect(sankey?.data.map((one) => [one.title, one.depth, one.value])).toEqual([["A", 0, 10], ["B", 1, 5], ["Other events", 1, 3], ["Nothing more", 1, 2]]);
  expect(sankey?.links.reduce((sum, link) => sum + link.value, 0)).toBe(10);
});

test("a node, a link and an end open the people of their numbers", () => {
  expect(pointOf(query, result, { column: 1, node: 0 })).toEqual({ column: 2, node: { event: "B" } });
  expect(pointOf(query, result, { column: 0, node: 0, next: 1 })).toEqual({ column: 1, node: "start", next: "other" });
  expect(pointOf(query, result, { column: 0, node: 0, ends: true })).toEqual({ column: 1, node: "start", outcome: "dropped" });
});

test("read backwards the end stands last, and a link is told from the end", () => {
  const columns = flow(backward, result);
  expect(columns.map((column) => column.nodes.map((one) => one.name))).toEqual([["B", "Other events"], ["A"]]);
  expect(columns[0]?.links).toEqual([{ from: 0, to: 0, value: 5 }, { from: 1, to: 0, value: 3 }]);
  expect(pointOf(backward, result, { column: 0, node: 1, next: 0 })).toEqual({ column: 1, node: "start", next: "other" });
});

test("the table has what was put together by name", () => {
  const numbers = table(query, result);
  expect(numbers.rows.map((row) => row.title)).toEqual(["All paths", "1 · A", "2 · B", "2 · Other events", "2 · Other: C", "2 · Other: D"]);
  expect(numbers.rows[4]?.cells[0]?.point).toEqual({ column: 2, node: { event: "C" } });
  expect(numbers.rows[1]?.cells.map((cell) => cell.text)).toEqual(["10", "100%", "2"]);
});

test("other ends keep the events that were chosen", () => {
  expect(withEnds(query, "end")).toEqual(backward);
  expect(withEnds(query, "between")).toEqual({ ...query, end: { event: "" } });
  expect(withEnds(backward, "start")).toEqual(query);
});

test("the question and its numbers have words", () => {
  expect(describe(query)).toBe("Paths from A, last 7 days");
  expect(pointWords(query, { column: 1, node: "start", next: { event: "B" } })).toBe("did A as step 1, then B");
  expect(pointWords(backward, { column: 1, node: "start", next: { event: "B" } })).toBe("did A as step 1, before it B");
  expect(pointWords(query, {})).toBe("did A");
});
