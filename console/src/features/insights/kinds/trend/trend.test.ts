import { expect, test } from "vitest";
import { byBin } from "./bins";
import { binsText, buckets, describe, eventLines, fitDays, fitInterval, formatMeasure, formulaLines, pointWords, readBins, turnPast, type Query, type Result } from "./model";
import { says } from "./says";
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
  const before = eventLines(query, result);
  expect(before.map((one) => one.name)).toEqual(["US", "DE"]);
  const turned = eventLines(query, { ...result, series: [series("DE", [9, 9], 18), series("US", [4, 2], 5)] });
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

test("buckets say what they are, whether they are whole, and what was noted of their time", () => {
  const noted = [
    { at: "2026-03-02T00:00:00Z", text: "Release 4.2" },
    { at: "2026-03-03T00:00:00Z", text: "Too late" },
  ];
  expect(buckets(result, "UTC", noted)).toEqual([
    { short: "1 Mar", long: "Sun, 1 Mar 2026", partial: false, notes: [] },
    { short: "2 Mar", long: "Mon, 2 Mar 2026", partial: true, notes: ["Release 4.2"] },
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

test("a comparison puts the past and the change beside the total, each with its own people", () => {
  const past = { values: [2, 2], total: 4, people: [2, 2], people_total: 4, changes: [1, 0], change_total: 0.25 };
  const compared: Query = { ...query, breakdown: null, compare: { count: 1, unit: "weeks" } };
  const numbers = table(compared, { ...result, series: [{ ...series("", [4, 2], 5), group: null, past }] });
  expect(numbers.columns.slice(0, 3).map((column) => column.title)).toEqual(["Total", "Total, 1 week before", "Change"]);
  const [row] = numbers.rows;
  expect(row?.cells.slice(0, 3).map((cell) => cell.text)).toEqual(["5", "4", "+25%"]);
  expect(row?.cells[1]?.point).toEqual({ event: 0, past: true });
  expect(describe(compared)).toContain("compared with 1 week before");
});

test("formulas stand first, in their own format and without people", () => {
  const formula = { formula: 0, label: "UNIQUES(B)/UNIQUES(A)", format: "percent" as const, values: [0.5, null], total: 0.25 };
  const asked: Query = { ...query, breakdown: null, formula: "%: UNIQUES(B)/UNIQUES(A)" };
  const [line] = formulaLines(asked, { ...result, formulas: [formula] });
  expect(line?.name).toBe("UNIQUES(B)/UNIQUES(A)");
  const [row] = table(asked, { ...result, formulas: [formula] }).rows;
  expect(row?.cells.map((cell) => cell.text)).toEqual(["25%", "50%", "no value"]);
  expect(row?.cells.every((cell) => cell.point === undefined)).toBe(true);
});

test("a distribution stands by bin, the smallest first, and each bar opens its people", () => {
  const asked: Query = { kind: "trend", range: { last_days: 2 }, events: [{ event: "Buy" }], measure: { frequency: {} } };
  const bin = (name: string, total: number) => ({ ...series("", [total, 0], total), group: null, bin: name });
  const { bins, lines, of } = byBin(asked, { ...result, series: [bin("10", 1), bin("2", 4), bin("1", 9)] });
  expect(bins.map((one) => one.short)).toEqual(["1", "2", "10"]);
  expect(lines.map((one) => one.values)).toEqual([[9, 4, 1]]);
  expect(of.get(lines[0]?.key ?? "")?.[1]?.place).toEqual({ event: 0, bin: "2" });
  expect(pointWords(asked, { event: 0, bin: "2" })).toContain("2 times");
});

test("bins read from their edges and back", () => {
  expect(readBins("0, 10; 50")).toEqual([{ min: 0, max: 10 }, { min: 10, max: 50 }]);
  expect(readBins("")).toEqual([]);
  expect(readBins("5")).toBeUndefined();
  expect(readBins("5, 3")).toBeUndefined();
  expect(binsText([{ min: 0, max: 10 }, { min: 10, max: 50 }])).toBe("0, 10, 50");
});

test("the period before has as many days, and moves with the range", () => {
  const week: Query = { kind: "trend", range: { last_days: 7 }, events: [{ event: "A" }] };
  const compared = turnPast(week, 7);
  expect(compared.compare).toEqual({ count: 7, unit: "days" });
  expect(turnPast(compared, 7).compare).toBeUndefined();
  expect(fitDays(compared, 30).compare).toEqual({ count: 30, unit: "days" });
  expect(fitDays({ ...week, compare: { count: 1, unit: "weeks" } }, 30).compare).toEqual({ count: 1, unit: "weeks" });
  expect(turnPast(week, 500).compare).toEqual({ count: 2, unit: "years" });
});

test("one line is told in a sentence, several stand in the legend", () => {
  const alone: Query = { ...query, breakdown: null };
  const one = (past?: number) => ({
    ...result,
    series: [{ ...series("", [4, 2], 5), group: null, ...(past === undefined ? {} : { past: { values: [2, 2], total: past, people: [2, 2], people_total: past, changes: [1, 0], change_total: 0.25 } }) }],
  });
  expect(says(alone, one())).toBe("5 people did Buy in the last 2 days.");
  expect(says({ ...alone, measure: "totals", range: { last_days: 1 } }, one())).toBe("Buy happened 5 times today.");
  expect(says({ ...alone, compare: { count: 2, unit: "days" } }, one(4))).toBe("5 people did Buy in the last 2 days, up 25% from the 4 of 2 days before.");
  const where = [{ property: "plan", of: "event", op: "is", values: ["pro"] }] as never;
  expect(says({ ...alone, events: [{ event: "Buy", filters: where }] }, one())).toContain("last 2 days, with the filters.");
  expect(says(query, result)).toBeUndefined();
});
