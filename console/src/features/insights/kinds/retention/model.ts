// A retention's answer as a heat map, as curves and as a table.

import type { Schema } from "../../../../api/client";
import type { GridCell, GridRow } from "../../../../charts/RetentionGrid";
import type { TimeSeries } from "../../../../charts/TimeChart";
import { slots } from "../../../../charts/palette";
import { formatNumber, formatPercent } from "../../../../lib/format";
import type { Figure, NumberCell, NumberRow, NumberTable } from "../../kind";
import { selectorName, type Point, type QueryOf } from "../../model";
import { rangeWords } from "../../range";
import { unitTitle } from "../../whom/groups";
import { dateWords } from "../../../../lib/time";

export type Query = QueryOf<"retention">;
export type Result = Schema<"RetentionResult">;
export type Unit = Schema<"RetentionUnit">;
type Grid = Schema<"RetentionGrid">;
type Cell = Schema<"RetentionCell">;

/** Curves on a chart; the rest is in the table. */
export const DRAWN_MAX = 8;

const DAY_MS = 86_400_000;
/** The least that a unit lasts, with the hour that a change of clocks takes. */
const LEAST_MS: Record<Unit, number> = { day: DAY_MS - 3_600_000, week: 7 * DAY_MS - 3_600_000, month: 28 * DAY_MS - 3_600_000 };

export function unitOf(query: Query): Unit {
  return query.unit ?? "day";
}

/** Of everybody or of one group. */
export function gridOf(result: Result, group: string | undefined): Grid {
  return result.groups?.find((one) => one.group === group) ?? result.overall;
}

export function gridRows(result: Result, grid: Grid, now: number): { all: GridRow; rows: GridRow[] } {
  const all: GridRow = {
    key: "",
    title: "All cohorts",
    people: grid.people,
    partial: false,
    cells: grid.combined.map((cell) => drawn(cell, true)),
  };
  const rows = grid.rows.map((row) => ({
    key: row.label,
    title: cohortWords(row.label, result.unit),
    people: row.people,
    partial: row.partial,
    cells: row.cells.map((cell, index) => {
      const periods = result.columns[index]?.from ?? 0;
      return drawn(cell, Date.parse(row.from) + periods * LEAST_MS[result.unit] <= now);
    }),
  }));
  return { all, rows };
}

/** A period that has not begun has no number, unless somebody's clock is ahead. */
function drawn(cell: Cell, begun: boolean): GridCell {
  const isShown = begun || !cell.incomplete || cell.people > 0;
  return { people: isShown ? cell.people : undefined, of: cell.of, share: cell.share ?? null, incomplete: cell.incomplete };
}

export interface Curve extends TimeSeries {
  group: string | undefined;
  people: number;
}

/** The share of people who came back, per column, over the cohorts that are complete for it. */
export function curves(result: Result): Curve[] {
  const values = (grid: Grid) => grid.combined.map((cell) => cell.share ?? null);
  const groups = (result.groups ?? []).slice(0, DRAWN_MAX);
  if (groups.length === 0) {
    const { overall } = result;
    return [{ key: "all", name: "Everybody", slot: 0, group: undefined, people: overall.people, values: values(overall) }];
  }
  const given = slots(groups.map((one) => one.group));
  return groups.map((one) => ({
    key: `g:${one.group}`,
    name: one.group,
    slot: given.get(one.group) ?? 0,
    group: one.group,
    people: one.people,
    values: values(one),
  }));
}

/** The part that came back, by the time since the start. */
export function figures(_: Query, result: Result): Figure[] {
  return result.overall.combined.flatMap((cell, column) => {
    const label = result.columns[column]?.label;
    if (label === undefined || column === 0) return [];
    return [{ key: label, name: label, value: cell.share ?? null, format: (value: number) => formatPercent(value) }];
  });
}

/** A row per cohort; with a breakdown a row per group, over all cohorts. */
export function table(query: Query, result: Result): NumberTable {
  const columns = [
    { key: "people", title: unitTitle(query) },
    ...result.columns.map((column) => ({ key: column.label, title: column.label })),
  ];
  const listed = result.groups?.length ?? 0;
  const total = result.groups_total ?? 0;
  const { all, rows } = gridRows(result, result.overall, Date.now());
  if (query.breakdown) {
    const colours = new Map(curves(result).map((curve) => [curve.key, curve.slot]));
    const groups = (result.groups ?? []).map((one): NumberRow => ({
      ...numbers(`g:${one.group}`, one.group, one.people, one.combined.map((cell) => drawn(cell, true)), result, { group: one.group }),
      slot: colours.get(`g:${one.group}`),
    }));
    return {
      title: query.breakdown.property,
      columns,
      rows: [numbers("all", "Everybody", all.people, all.cells, result, {}), ...groups],
      note: total > listed ? `The ${listed} largest of ${total} values.` : undefined,
    };
  }
  return {
    title: "Cohort",
    columns,
    rows: [
      numbers("all", all.title, all.people, all.cells, result, {}),
      ...rows.map((row) => numbers(row.key, `${row.title}${row.partial ? " *" : ""}`, row.people, row.cells, result, { row: row.key })),
    ],
    note: noteOf(result.overall),
  };
}

type Place = Schema<"RetentionPoint">;

function numbers(key: string, title: string, people: number, cells: readonly GridCell[], result: Result, at: Place): NumberRow {
  const shares = cells.map((cell, column): NumberCell => {
    const of = `${title}, ${result.columns[column]?.label ?? ""}`;
    if (cell.people === undefined || cell.share === null) return { text: "–", value: null, of };
    return {
      text: `${formatPercent(cell.share)}${cell.incomplete ? " …" : ""}`,
      value: cell.share,
      of: `${of}, ${formatNumber(cell.people)} of ${formatNumber(cell.of)}`,
      point: cell.people > 0 ? { ...at, column } : undefined,
    };
  });
  const first = { text: formatNumber(people), value: people, of: `${title}, people`, point: people > 0 ? at : undefined };
  return { key, title, cells: [first, ...shares] };
}

function noteOf(grid: Grid): string | undefined {
  const parts = [
    grid.rows.some((row) => row.partial) ? "* not a whole period." : "",
    grid.rows.some((row) => row.cells.some((cell) => cell.incomplete)) ? "… not over yet for everybody." : "",
  ];
  return parts.filter((part) => part !== "").join(" ") || undefined;
}

export function cohortWords(label: string, unit: Unit): string {
  if (unit !== "month") return dateWords(label);
  const at = new Date(`${label}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return label;
  return new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" }).format(at);
}

export function describe(query: Query): string {
  const by = query.breakdown ? ` by ${query.breakdown.property}` : "";
  return `${selectorName(query.start)} ↻ ${selectorName(query.returning)}${by}, per ${unitOf(query)}, ${rangeWords(query.range)}`;
}

export function pointWords(query: Query, point: Point): string {
  if ("step" in point || "event" in point) return "";
  const { row, column, group } = point as Place;
  const unit = unitOf(query);
  const when = row === undefined || row === null ? "" : ` · ${cohortWords(row, unit)}`;
  const of = group === undefined || group === null ? "" : ` · ${group}`;
  const back = column === undefined || column === null ? "" : `, then ${selectorName(query.returning)} ${columnWords(query, column)}`;
  return `did ${selectorName(query.start)}${back}${when}${of}`;
}

function columnWords(query: Query, column: number): string {
  const unit = unitOf(query);
  const mode = query.mode ?? "on";
  if (mode === "on") return `on ${unit} ${column}`;
  if (mode === "on_or_after") return `on ${unit} ${column} or later`;
  const [from = 0, to = from + 1] = mode.brackets[column] ?? [];
  return from + 1 === to ? `on ${unit} ${from}` : `on ${unit}s ${from} to ${to - 1}`;
}

/** Largest index of a column, as the server has it. */
export const INDEX_MAX = 366;
const BRACKETS_MAX = 100;

/** `0, 1-3, 4-7` as brackets, whose end is not in them. Nothing if it is not such a list. */
export function readBrackets(text: string): number[][] | undefined {
  const list = text.split(",").map((part) => /^\s*(\d{1,3})\s*(?:[-–]\s*(\d{1,3})\s*)?$/.exec(part));
  const brackets = list.flatMap((found) => (found ? [[Number(found[1]), Number(found[2] ?? found[1]) + 1]] : []));
  const areRight = brackets.every(([from = 0, to = 0]) => from < to && to <= INDEX_MAX + 1);
  return areRight && brackets.length === list.length && list.length <= BRACKETS_MAX ? brackets : undefined;
}

export function bracketsText(brackets: readonly number[][]): string {
  return brackets.map(([from = 0, to = from + 1]) => (from + 1 === to ? String(from) : `${from}-${to - 1}`)).join(", ");
}

export function periodsOf(query: Query): number {
  return query.periods ?? (unitOf(query) === "day" ? 30 : 12);
}
