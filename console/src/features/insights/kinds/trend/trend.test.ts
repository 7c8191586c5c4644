import { expect, test } from "vitest";
import { buckets, fitInterval, formatMeasure, named, type Query, type Result } from "./model";
import { table } from "./table";

const query: Query = { kind: "trend", range: { last_days: 2 }, events: [{ event: "Buy" }], breakdown: { property: "country" } };
const series = (group: string, values: (number | null)[], total: number) => ({
  event: 0,
  label: "Buy",
  group,
  values,
  total,
  people: values.map((value) => value ?? 0),
  people_total: total,
  groups_total: 7,
});
const result: Result = {
  interval: "day",
  buckets: [
    { label: "2026-03-01", from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z", partial: false },
    { label: "2026-03-02", from: "2026-03-02T00:00:00Z", to: "2026-03-03T00:00:00Z", partial: true },
  ],
  series: [series("DE", [1, null], 1), series("US", [4, 2], 5)],
  explain: { events_to: 1, milliseconds: 1, parts_scanned: 1, parts_skipped: 0, rows_scanned: 1, threads: 1 },
};

test("series stand by size and keep their colours when the order turns", () => {
  const before = named(query, result);
  expect(before.map((one) => one.name)).toEqual(["US", "DE"]);
  const turned = named(query, { ...result, series: [series("DE", [9, 9], 18), series("US", [4, 2], 5)] });
  expect(turned.map((one) => one.name)).toEqual(["DE", "US"]);
  const slot = (list: typeof before, name: string) => list.find((one) => one.name === name)?.slot;
  expect(slot(turned, "US")).toBe(slot(before, "US"));
});

test("every number of the table knows its people, a gap and a zero have none", () => {
  const numbers = table(query, result);
  expect(numbers.columns.map((column) => column.title)).toEqual(["Total", "1 Mar", "2 Mar *"]);
  const [us, de] = numbers.rows;
  expect(us?.cells.map((cell) => cell.point)).toEqual([
    { event: 0, group: "US" },
    { event: 0, group: "US", bucket: "2026-03-01" },
    { event: 0, group: "US", bucket: "2026-03-02" },
  ]);
  expect(de?.cells[2]).toMatchObject({ text: "no value", value: null, point: undefined });
  expect(numbers.note).toContain("The 2 largest of 7 values.");
});

test("buckets say what they are and whether they are whole", () => {
  expect(buckets(result, "UTC")).toEqual([
    { short: "1 Mar", long: "Sun, 1 Mar 2026", partial: false },
    { short: "2 Mar", long: "Mon, 2 Mar 2026", partial: true },
  ]);
});

test("a longer range takes a longer interval only where it must", () => {
  expect(fitInterval("hour", 7)).toBe("hour");
  expect(fitInterval("hour", 30)).toBe("day");
  expect(fitInterval("day", 400)).toBe("month");
  expect(fitInterval("week", 90)).toBe("week");
});

test("shares read as percent, sums with at most two digits behind the point", () => {
  expect(formatMeasure("active_percent")(12.345)).toBe("12.3%");
  expect(formatMeasure({ sum: { property: "revenue" } })(1234.5)).toBe("1,234.5");
  expect(formatMeasure("totals")(1234)).toBe("1,234");
});
