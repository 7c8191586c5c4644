// A composition as bars and as a table.

import type { Schema } from "../../../../api/client";
import { formatNumber, formatPercent } from "../../../../lib/format";
import type { NumberTable } from "../../kind";
import type { Point, QueryOf } from "../../model";
import { rangeWords } from "../../range";

export type Query = QueryOf<"composition">;
export type Result = Schema<"CompositionResult">;
type Place = Schema<"CompositionPoint">;

/** Bars on a chart; the rest is in the table. */
export const DRAWN_MAX = 13;

export function table(query: Query, result: Result): NumberTable {
  const listed = result.groups.length;
  const row = (key: string, title: string, people: number, share: number, point: Place) => ({
    key,
    title,
    cells: [
      { text: formatNumber(people), value: people, of: title, point: people > 0 ? point : undefined },
      { text: formatPercent(share), value: share, of: `${title}, share` },
    ],
  });
  return {
    title: query.property.property,
    columns: [{ key: "people", title: "People" }, { key: "share", title: "Of all" }],
    rows: [
      row("all", "Everybody", result.people, 1, {}),
      ...result.groups.map((group) => row(`v:${group.value}`, group.value, group.people, group.share, { value: group.value })),
    ],
    note: result.groups_total > listed ? `The ${listed} largest of ${result.groups_total} values.` : undefined,
  };
}

export function describe(query: Query): string {
  return `People by ${query.property.property}, ${query.values === "all" ? "all values" : "most recent value"}, ${rangeWords(query.range)}`;
}

export function pointWords(query: Query, point: Point): string {
  const { value } = point as Place;
  return value === undefined || value === null ? "active" : `${query.property.property}: ${value}`;
}
