// An answer about revenue as lines and as a table.

import type { Schema } from "../../../../api/client";
import { slots } from "../../../../charts/palette";
import { formatNumber } from "../../../../lib/format";
import type { Figure, NumberCell, NumberRow, NumberTable } from "../../kind";
import type { Point, QueryOf } from "../../model";
import { rangeWords } from "../../range";
import { dateWords } from "../../../../lib/time";
import { finder, ORDERS } from "../../usual";
import { columnWords } from "../trend/table";

export type Query = QueryOf<"revenue">;
export type Result = Schema<"RevenueResult">;
export type Measure = Schema<"RevenueMeasure">;
export type Series = Schema<"RevenueSeries">;
type Counts = Schema<"RevenueCounts">;
type Place = Schema<"RevenuePoint">;

/** Lines on a chart; the rest is in the table. */
const DRAWN_MAX = 8;

/** An amount in whatever currency it was sent. */
export const money = (value: number) => formatNumber(Number(value.toFixed(2)));

export const MEASURES: Record<Measure, { words: string; of: (counts: Counts) => number | null }> = {
  total: { words: "Revenue", of: (counts) => counts.amount },
  arpu: { words: "Revenue per active person", of: (counts) => counts.arpu ?? null },
  arppu: { words: "Revenue per paying person", of: (counts) => counts.arppu ?? null },
  paying: { words: "Paying people", of: (counts) => counts.paying },
};

export function measureOf(query: { measure?: Measure | undefined }): Measure {
  return query.measure ?? "total";
}

/** The order event that was seen: an amount stands on events before it, too, such as a checkout's start. */
export function paymentsOf(seen: readonly string[]): { payments?: Schema<"Payments"> } {
  const event = finder(seen)(ORDERS);
  return event === undefined ? {} : { payments: { event: { event } } };
}

export interface DrawnSeries {
  key: string;
  name: string;
  slot: number;
  series: Series;
}

/** The largest groups, or everything together. */
export function drawn(result: Result): DrawnSeries[] {
  const groups = (result.groups ?? []).slice(0, DRAWN_MAX);
  if (groups.length === 0) return [{ key: "all", name: "Everything", slot: 0, series: result.overall }];
  const name = (series: Series) => series.group ?? "";
  const given = slots(groups.map(name));
  return groups.map((series) => ({ key: `g:${name(series)}`, name: name(series), slot: given.get(name(series)) ?? 0, series }));
}

/** The measure over the whole range: of everything, or of each group. */
export function figures(query: Query, result: Result): Figure[] {
  const measure = measureOf(query);
  return drawn(result).map(({ key, name, series }) => ({
    key,
    name: result.groups?.length ? name : MEASURES[measure].words,
    value: MEASURES[measure].of(series.total),
    format: money,
  }));
}

export function table(query: Query, result: Result): NumberTable {
  const measure = measureOf(query);
  const colours = new Map(drawn(result).map((one) => [one.key, one.slot]));
  const cell = (counts: Counts, of: string, at: Place, which: Measure): NumberCell => {
    const value = MEASURES[which].of(counts);
    return {
      text: value === null ? "–" : money(value),
      value,
      of: `${MEASURES[which].words}, ${of}`,
      point: counts.paying > 0 ? at : undefined,
    };
  };
  const row = (key: string, title: string, series: Series, which: Measure): NumberRow => {
    const at = series.group === undefined || series.group === null ? {} : { group: series.group };
    return {
      key,
      title,
      slot: colours.get(key),
      cells: [
        cell(series.total, `${title}, whole range`, at, which),
        ...series.counts.map((counts, index) => {
          const bucket = result.buckets[index]?.label ?? "";
          return cell(counts, `${title}, ${bucket}`, { ...at, bucket }, which);
        }),
      ],
    };
  };
  const listed = result.groups?.length ?? 0;
  const total = result.groups_total ?? 0;
  const refunded = result.overall.total.refunded;
  const rows = query.breakdown
    ? [row("all", "Everything", result.overall, measure), ...(result.groups ?? []).map((one) => row(`g:${one.group ?? ""}`, one.group ?? "", one, measure))]
    : (Object.keys(MEASURES) as Measure[]).map((which) => row(which, MEASURES[which].words, result.overall, which));
  return {
    title: query.breakdown ? query.breakdown.property : "Measure",
    columns: [
      { key: "total", title: "Whole range" },
      ...result.buckets.map((bucket) => ({ key: bucket.label, title: `${columnWords(bucket.label, result.interval)}${bucket.partial ? " *" : ""}` })),
    ],
    rows,
    note: [
      total > listed ? `The ${listed} largest of ${total} values.` : "",
      refunded > 0 ? `Refunds of ${money(refunded)} are taken off.` : "",
      "Amounts as they were sent, without conversion of currencies.",
      result.buckets.some((bucket) => bucket.partial) ? "* not a whole interval." : "",
    ].filter((part) => part !== "").join(" "),
  };
}

export function describe(query: Query): string {
  const by = query.breakdown ? ` by ${query.breakdown.property}` : "";
  return `${MEASURES[measureOf(query)].words}${by}, per ${query.interval?.replace("_", " ") ?? "day"}, ${rangeWords(query.range)}`;
}

export function pointWords(_: Query, point: Point): string {
  const { bucket, group } = point as Place;
  const when = bucket ? ` · ${bucket.includes("T") ? bucket.slice(0, 16).replace("T", " ") : dateWords(bucket)}` : "";
  return `paying${group === undefined || group === null ? "" : ` · ${group}`}${when}`;
}
