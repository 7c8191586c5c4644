// A trend's answer as lines with names, colours, formats and the places of their people.

import type { Schema } from "../../../../api/client";
import type { TimeBucket } from "../../../../charts/TimeChart";
import { slots } from "../../../../charts/palette";
import { formatCompact, formatNumber, formatPercent } from "../../../../lib/format";
import { conditions, conditionWords, measureWords, selectorName, USERS_WORDS, type Point, type QueryOf } from "../../model";
import { rangeWords } from "../../range";
import type { Figure } from "../../kind";
import type { Noted } from "../../useAnnotations";
import { dateWords } from "../../../../lib/time";

export type Query = QueryOf<"trend">;
export type Result = Schema<"TrendResult">;
export type Series = Schema<"TrendSeries">;
type Formula = Schema<"FormulaSeries">;

/** Lines on a chart; the rest is in the table. */
export const DRAWN_MAX = 8;

type Numbers = (number | null)[];

/** A row of numbers: of an event, or of a formula. */
export interface Line {
  key: string;
  name: string;
  slot: number;
  values: Numbers;
  total: number | null;
  past?: { values: Numbers; total: number | null; people: number[]; peopleTotal: number } | undefined;
  /** Distinct people behind the numbers; a formula has none. */
  people: number[];
  peopleTotal: number;
  /** Whose people are asked for, without the bucket. */
  place?: Schema<"TrendPoint"> | undefined;
  bin?: string | undefined;
  format: (value: number) => string;
  formatShort: (value: number) => string;
}

export function seriesKey(series: Pick<Series, "event" | "group" | "subgroup" | "segment" | "bin">): string {
  const parts = [series.segment, series.group, series.subgroup, series.bin];
  const named = parts.map((part) => part ?? "");
  while (named.length > 0 && named[named.length - 1] === "") named.pop();
  return named.length === 0 ? `e${series.event}` : `e${series.event}:${named.join("\u0000")}`;
}

export function segmentName(query: Query, index: number): string {
  const segment = query.segments?.[index];
  if (segment?.name) return segment.name;
  const words = conditions(segment?.filters).map(conditionWords).join(" and ");
  return words === "" ? "everybody" : words;
}

/** The lines of the events, in order of size, each with a colour that stays when filters change. */
export function eventLines(query: Query, result: Result): Line[] {
  const sorted = [...result.series].sort((a, b) => (b.total ?? -1) - (a.total ?? -1));
  const isSplit = query.breakdown != null || result.series.some((one) => one.segment != null || one.bin != null);
  const bySeries = isSplit ? slots(sorted.slice(0, DRAWN_MAX).map(seriesKey)) : undefined;
  const format = formatMeasure(query.measure);
  const formatShort = formatMeasureShort(query.measure);
  return sorted.map((one) => {
    const key = seriesKey(one);
    const past = one.past
      ? { values: one.past.values as Numbers, total: one.past.total ?? null, people: one.past.people, peopleTotal: one.past.people_total }
      : undefined;
    return {
      key,
      name: seriesName(query, one),
      slot: bySeries?.get(key) ?? one.event,
      values: one.values as Numbers,
      total: one.total ?? null,
      past,
      people: one.people,
      peopleTotal: one.people_total,
      place: {
        event: one.event,
        ...(one.segment == null ? {} : { segment: one.segment }),
        ...(one.group == null ? {} : { group: one.group }),
        ...(one.subgroup == null ? {} : { subgroup: one.subgroup }),
        ...(one.bin == null ? {} : { bin: one.bin }),
      },
      bin: one.bin ?? undefined,
      format,
      formatShort,
    };
  });
}

function seriesName(query: Query, one: Series): string {
  const several = query.events.length > 1;
  const event = query.events[one.event];
  const label = several && event ? `${letter(one.event)} ${selectorName(event)}` : event ? selectorName(event) : one.label;
  const parts = [
    one.bin == null ? "" : binWords(query, one.bin),
    groupWords(one.group, one.subgroup),
    one.segment == null ? "" : segmentName(query, one.segment),
  ].filter((part) => part !== "");
  return several || parts.length === 0 ? [...parts, label].join(" · ") : parts.join(" · ");
}

export function groupWords(group: string | null | undefined, subgroup: string | null | undefined): string {
  if (group == null) return "";
  return subgroup == null ? group : `${group}; ${subgroup}`;
}

function binWords(query: Query, bin: string): string {
  const isTimes = typeof query.measure === "object" && "frequency" in query.measure;
  if (!isTimes) return bin;
  return bin === "1" ? "once" : `${bin} times`;
}

/** The lines of the formulas. */
export function formulaLines(query: Query, result: Result): Line[] {
  const all = result.formulas ?? [];
  const several = new Set(all.map((one) => one.formula)).size > 1;
  const keyOf = (one: Formula) => `f${one.formula}:${[one.segment ?? "", one.group ?? "", one.subgroup ?? ""].join("\u0000")}`;
  const given = slots(all.slice(0, DRAWN_MAX).map(keyOf));
  return all.map((one) => {
    const parts = [groupWords(one.group, one.subgroup), one.segment == null ? "" : segmentName(query, one.segment)].filter((part) => part !== "");
    const key = keyOf(one);
    return {
      key,
      name: several || parts.length === 0 ? [...parts, one.label].join(" · ") : parts.join(" · "),
      slot: given.get(key) ?? one.formula,
      values: one.values as Numbers,
      total: one.total ?? null,
      past: one.past ? { values: one.past.values as Numbers, total: one.past.total ?? null, people: [], peopleTotal: 0 } : undefined,
      people: [],
      peopleTotal: 0,
      format: formatFormula(one.format),
      formatShort: formatFormulaShort(one.format),
    };
  });
}

/** What is drawn: the formulas, if there are some. */
export function drawnLines(query: Query, result: Result): Line[] {
  return result.formulas ? formulaLines(query, result) : eventLines(query, result);
}

/** The totals, each person once over the whole range. */
export function figures(query: Query, result: Result): Figure[] {
  return drawnLines(query, result).map(({ key, name, total, format }) => ({ key, name, value: total, format }));
}

/** The place of a number, if it has people. */
export function pointOf(line: Line, bucket: string | undefined, people: number, isPast = false): Point | undefined {
  if (!line.place || people === 0) return undefined;
  return { ...line.place, ...(bucket === undefined ? {} : { bucket }), ...(isPast ? { past: true } : {}) };
}

export function letter(index: number): string {
  return String.fromCharCode(65 + index);
}

export function isDistribution(query: Query): boolean {
  return typeof query.measure === "object" && ("frequency" in query.measure || "histogram" in query.measure);
}

function formatFormula(format: Formula["format"]): (value: number) => string {
  if (format === "percent") return (value) => formatPercent(value, 1);
  const plain = (value: number) => formatNumber(Number.isInteger(value) ? value : Number(value.toFixed(Math.abs(value) < 1 ? 4 : 2)));
  return format === "money" ? (value) => `${value < 0 ? "-" : ""}$${plain(Math.abs(value))}` : plain;
}

function formatFormulaShort(format: Formula["format"]): (value: number) => string {
  if (format === "percent") return (value) => `${Number((value * 100).toFixed(1))}%`;
  return format === "money" ? (value) => `$${formatCompact(value)}` : formatCompact;
}

export function formatMeasure(measure: Query["measure"]): (value: number) => string {
  if (measure === "active_percent") return (value) => formatPercent(value / 100, 1);
  return (value) => formatNumber(Number.isInteger(value) ? value : Number(value.toFixed(2)));
}

export function formatMeasureShort(measure: Query["measure"]): (value: number) => string {
  if (measure === "active_percent") return (value) => `${Number(value.toFixed(1))}%`;
  return formatCompact;
}

/** Buckets with their dates in words, and what was noted of their time. */
export function buckets(result: Pick<Result, "buckets" | "interval">, timeZone: string | undefined, annotations: readonly Noted[] = []): TimeBucket[] {
  return result.buckets.map((bucket) => ({
    ...bucketWords(bucket, result.interval, timeZone),
    partial: bucket.partial,
    notes: notesIn(bucket, annotations),
  }));
}

export function notesIn(bucket: Pick<Schema<"Bucket">, "from" | "to">, annotations: readonly Noted[]): string[] {
  const [from, to] = [Date.parse(bucket.from), Date.parse(bucket.to)];
  return annotations.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < to).map((one) => one.text);
}

export function bucketWords(bucket: Schema<"Bucket">, interval: string, timeZone: string | undefined): { short: string; long: string } {
  if (interval === "hour" || interval === "5_minutes") {
    const at = new Date(bucket.from);
    const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(at);
    const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone }).format(at);
    return { short: clock === "00:00" ? day : clock, long: `${day}, ${clock}` };
  }
  const date = new Date(`${bucket.label}T00:00:00Z`);
  const say = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(date);
  const month = say({ month: "short", year: "numeric" });
  if (interval === "month") return { short: month, long: month };
  if (interval === "quarter") return { short: month, long: `Quarter from ${month}` };
  const short = say({ day: "numeric", month: "short" });
  if (interval === "week") return { short, long: `Week from ${dateWords(bucket.label)}` };
  return { short, long: `${say({ weekday: "short" })}, ${dateWords(bucket.label)}` };
}

type Interval = NonNullable<Query["interval"]>;

export const INTERVALS: { value: Interval; label: string; daysMax: number; rollingMax: number }[] = [
  { value: "5_minutes", label: "5 minutes", daysMax: 2, rollingMax: 36 },
  { value: "hour", label: "hour", daysMax: 7, rollingMax: 72 },
  { value: "day", label: "day", daysMax: 365, rollingMax: 90 },
  { value: "week", label: "week", daysMax: 364, rollingMax: 12 },
  { value: "month", label: "month", daysMax: 1_116, rollingMax: 12 },
  { value: "quarter", label: "quarter", daysMax: 1_104, rollingMax: 12 },
];

export function rollingMax(query: Query): number {
  return INTERVALS.find((one) => one.value === (query.interval ?? "day"))?.rollingMax ?? 12;
}

/** The interval that fits the range, if the one asked for does not. */
export function fitInterval(interval: Query["interval"], days: number): Interval {
  const asked = INTERVALS.find((one) => one.value === (interval ?? "day"));
  if (asked && days <= asked.daysMax) return asked.value;
  return INTERVALS.find((one) => one.value !== "5_minutes" && one.value !== "hour" && days <= one.daysMax)?.value ?? "month";
}

/** Rolling figures and running totals in words; nothing if each interval stands for itself. */
export function overTimeWords(query: Query): string {
  const over = query.over_time;
  const unit = (INTERVALS.find((one) => one.value === (query.interval ?? "day"))?.label ?? "interval").replace("5 minutes", "5-minute interval");
  if (over == null) return "";
  if (over === "cumulative") return "running total";
  if ("rolling_average" in over) return `rolling average of ${over.rolling_average} ${unit}s`;
  return `rolling window of ${over.rolling_window} ${unit}s`;
}

/** The most units back that the server takes. */
const COMPARE_MAX = 400;

/** The question compared with as many days right before it, or with nothing. */
export function turnPast(query: Query, days: number): Query {
  if (query.compare) return { ...query, compare: undefined };
  return { ...query, compare: days <= COMPARE_MAX ? { count: days, unit: "days" } : { count: Math.ceil(days / 365), unit: "years" } };
}

/** The question so that it can be asked over so many days. */
export function fitDays(query: Query, days: number): Query {
  const { compare } = query;
  const tooNear = compare?.unit === "days" && compare.count < days;
  return { ...query, interval: fitInterval(query.interval, days), ...(tooNear ? { compare: turnPast({ ...query, compare: undefined }, days).compare } : {}) };
}

export function compareWords(shift: Query["compare"]): string {
  if (shift == null) return "";
  const unit = shift.count === 1 ? shift.unit.slice(0, -1) : shift.unit;
  return `${shift.count} ${unit} before`;
}

export function describe(query: Query): string {
  const events = query.events.map(selectorName).join(", ");
  const properties = [query.breakdown, query.then_by].flatMap((by) => (by ? [by.property] : []));
  const by = properties.length > 0 ? ` by ${properties.join(" and ")}` : "";
  const what = query.formula ? query.formula : measureWords(query.measure);
  const more = [overTimeWords(query), query.compare ? `compared with ${compareWords(query.compare)}` : ""].filter((part) => part !== "");
  return [`${what}: ${events}${by}, per ${query.interval?.replace("_", " ") ?? "day"}`, ...more, rangeWords(query.range)].join(", ");
}

export function pointWords(query: Query, point: Point): string {
  if (!("event" in point)) return "";
  const event = query.events[point.event ?? 0];
  const when = point.bucket ? bucketLabelWords(point.bucket) : rangeWords(query.range);
  const parts = [
    event ? selectorName(event) : "",
    point.bin ? binWords(query, point.bin) : "",
    groupWords(point.group, point.subgroup),
    point.segment == null ? "" : segmentName(query, point.segment),
    point.past === true && !point.bucket ? `${when}, ${compareWords(query.compare)}` : when,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

function bucketLabelWords(label: string): string {
  return label.includes("T") ? label.slice(0, 16).replace("T", " ") : dateWords(label);
}

export function usersWords(query: Query): string {
  return USERS_WORDS[query.users ?? "active"];
}

/** `0, 10, 50` as the bins from 0 to 10 and 10 to 50; nothing if it does not read so. */
export function readBins(text: string): { min: number; max: number }[] | undefined {
  const edges = text.split(/[\s,;]+/).filter((part) => part !== "").map(Number);
  if (edges.length === 0) return [];
  if (edges.length < 2 || edges.some((edge, index) => !Number.isFinite(edge) || (index > 0 && edge <= (edges[index - 1] ?? edge)))) return undefined;
  return edges.slice(1).map((max, index) => ({ min: edges[index] ?? 0, max }));
}

export function binsText(bins: readonly { min: number; max: number }[]): string {
  const [first] = bins;
  return first ? [first.min, ...bins.map((bin) => bin.max)].join(", ") : "";
}
