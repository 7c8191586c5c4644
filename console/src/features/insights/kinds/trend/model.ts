// A trend's answer as series with names, colours and formats.

import type { Schema } from "../../../../api/client";
import type { TimeBucket } from "../../../../charts/TimeChart";
import { slots } from "../../../../charts/palette";
import { formatCompact, formatNumber, formatPercent } from "../../../../lib/format";
import { measureWords, selectorName, USERS_WORDS, type Point, type QueryOf } from "../../model";
import { dateWords, rangeWords } from "../../range";

export type Query = QueryOf<"trend">;
export type Result = Schema<"TrendResult">;
export type Series = Schema<"TrendSeries">;

/** Lines on a chart; the rest is in the table. */
export const DRAWN_MAX = 8;

export interface NamedSeries extends Series {
  key: string;
  name: string;
  slot: number;
}

export function seriesKey(series: Series): string {
  return series.group === undefined || series.group === null ? `e${series.event}` : `e${series.event}:${series.group}`;
}

/** The series in order of size, each with a name and a colour that stays when filters change. */
export function named(query: Query, result: Result): NamedSeries[] {
  const several = query.events.length > 1;
  const sorted = [...result.series].sort((a, b) => (b.total ?? -1) - (a.total ?? -1));
  const drawn = sorted.slice(0, DRAWN_MAX);
  const byGroup = query.breakdown ? slots(drawn.map(seriesKey)) : undefined;
  return sorted.map((one) => {
    const event = query.events[one.event];
    const label = several && event ? `${letter(one.event)} ${selectorName(event)}` : (event ? selectorName(event) : one.label);
    const group = one.group ?? undefined;
    const name = group === undefined ? label : several ? `${group} · ${label}` : group;
    const key = seriesKey(one);
    return { ...one, key, name, slot: byGroup?.get(key) ?? one.event };
  });
}

export function letter(index: number): string {
  return String.fromCharCode(65 + index);
}

export function formatMeasure(measure: Query["measure"]): (value: number) => string {
  if (measure === "active_percent") return (value) => formatPercent(value / 100, 1);
  return (value) => formatNumber(Number.isInteger(value) ? value : Number(value.toFixed(2)));
}

export function formatMeasureShort(measure: Query["measure"]): (value: number) => string {
  if (measure === "active_percent") return (value) => `${Number(value.toFixed(1))}%`;
  return formatCompact;
}

/** Buckets with their dates in words. */
export function buckets(result: Result, timeZone: string | undefined): TimeBucket[] {
  return result.buckets.map((bucket) => ({ ...bucketWords(bucket, result.interval, timeZone), partial: bucket.partial }));
}

function bucketWords(bucket: Schema<"Bucket">, interval: string, timeZone: string | undefined): { short: string; long: string } {
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

export const INTERVALS: { value: NonNullable<Query["interval"]>; label: string; daysMax: number }[] = [
  { value: "5_minutes", label: "5 minutes", daysMax: 2 },
  { value: "hour", label: "hour", daysMax: 7 },
  { value: "day", label: "day", daysMax: 365 },
  { value: "week", label: "week", daysMax: 364 },
  { value: "month", label: "month", daysMax: 1_116 },
  { value: "quarter", label: "quarter", daysMax: 1_104 },
];

/** The interval that fits the range, if the one asked for does not. */
export function fitInterval(interval: Query["interval"], days: number): NonNullable<Query["interval"]> {
  const asked = INTERVALS.find((one) => one.value === (interval ?? "day"));
  if (asked && days <= asked.daysMax) return asked.value;
  return INTERVALS.find((one) => one.value !== "5_minutes" && one.value !== "hour" && days <= one.daysMax)?.value ?? "month";
}

export function describe(query: Query): string {
  const events = query.events.map(selectorName).join(", ");
  const by = query.breakdown ? ` by ${query.breakdown.property}` : "";
  return `${measureWords(query.measure)}: ${events}${by}, per ${query.interval?.replace("_", " ") ?? "day"}, ${rangeWords(query.range)}`;
}

export function pointWords(query: Query, point: Point): string {
  if (!("event" in point)) return "";
  const event = query.events[point.event ?? 0];
  const parts = [event ? selectorName(event) : "", point.group ?? "", point.bucket ? bucketLabelWords(point.bucket) : rangeWords(query.range)];
  return parts.filter((part) => part !== "").join(" · ");
}

function bucketLabelWords(label: string): string {
  return label.includes("T") ? label.slice(0, 16).replace("T", " ") : dateWords(label);
}

export function usersWords(query: Query): string {
  return USERS_WORDS[query.users ?? "active"];
}
