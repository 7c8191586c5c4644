import type { NumberCell, NumberTable } from "../../kind";
import type { Point } from "../../model";
import { formatMeasure, named, type NamedSeries, type Query, type Result } from "./model";

/** A row per series, a column per bucket; the total counts people once over the whole range. */
export function table(query: Query, result: Result): NumberTable {
  const format = formatMeasure(query.measure);
  const isCount = query.measure === undefined || query.measure === "uniques" || query.measure === "totals";
  const cell = (value: number | null | undefined, point: Point, people: number, of: string): NumberCell => ({
    text: value === null || value === undefined ? "no value" : format(value),
    value: value ?? null,
    of,
    point: people > 0 ? point : undefined,
  });
  const row = (one: NamedSeries) => {
    const group = one.group === undefined || one.group === null ? {} : { group: one.group };
    const at = { event: one.event, ...group };
    return {
      key: one.key,
      title: one.name,
      slot: one.slot,
      cells: [
        cell(one.total, at, one.people_total, `${one.name}, whole range`),
        ...one.values.map((value, index) => {
          const bucket = result.buckets[index]?.label ?? "";
          return cell(value, { ...at, bucket }, one.people[index] ?? 0, `${one.name}, ${bucket}`);
        }),
      ],
    };
  };
  const rows = named(query, result).map(row);
  const groups = Math.max(0, ...result.series.map((one) => one.groups_total ?? 0));
  const listed = new Set(result.series.map((one) => one.group)).size;
  return {
    title: query.breakdown ? query.breakdown.property : "Event",
    columns: [
      { key: "total", title: isCount ? "Total" : "Whole range" },
      ...result.buckets.map((bucket) => ({
        key: bucket.label,
        title: `${columnWords(bucket.label, result.interval)}${bucket.partial ? " *" : ""}`,
      })),
    ],
    rows,
    note: [
      groups > listed ? `The ${listed} largest of ${groups} values.` : "",
      result.buckets.some((bucket) => bucket.partial) ? "* not a whole interval." : "",
    ]
      .filter((part) => part !== "")
      .join(" ") || undefined,
  };
}

function columnWords(label: string, interval: Result["interval"]): string {
  if (label.includes("T")) return label.slice(5, 16).replace("T", " ");
  const at = new Date(`${label}T00:00:00Z`);
  const isLong = interval === "month" || interval === "quarter";
  const options: Intl.DateTimeFormatOptions = isLong ? { month: "short", year: "numeric" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(at);
}
