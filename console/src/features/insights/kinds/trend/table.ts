import { formatPercent } from "../../../../lib/format";
import type { NumberCell, NumberRow, NumberTable } from "../../kind";
import { compareWords, eventLines, formulaLines, pointOf, type Line, type Query, type Result } from "./model";

/** A row per line, a column per bucket; the total counts people once over the whole range. */
export function table(query: Query, result: Result): NumberTable {
  const isCount = query.measure === undefined || query.measure === "uniques" || query.measure === "totals";
  const isCompared = query.compare != null;
  const lines = [...formulaLines(query, result), ...eventLines(query, result)];
  const groups = Math.max(0, ...result.series.map((one) => one.groups_total ?? 0));
  const listed = new Set(result.series.map((one) => [one.group, one.subgroup, one.bin].join("\u0000"))).size;
  const by = [query.breakdown, query.then_by].flatMap((one) => (one ? [one.property] : []));
  const before = isCompared
    ? [
        { key: "past", title: `Total, ${compareWords(query.compare)}` },
        { key: "change", title: "Change" },
      ]
    : [];
  return {
    title: by.length > 0 ? by.join("; ") : "Event",
    columns: [
      { key: "total", title: isCount && !result.formulas ? "Total" : "Whole range" },
      ...before,
      ...result.buckets.map((bucket) => ({
        key: bucket.label,
        title: `${columnWords(bucket.label, result.interval)}${bucket.partial ? " *" : ""}`,
      })),
    ],
    rows: lines.map((line) => row(line, result, isCompared)),
    note: [
      groups > listed ? `The ${listed} largest of ${groups} values.` : "",
      result.buckets.some((bucket) => bucket.partial) ? "* not a whole interval." : "",
    ]
      .filter((part) => part !== "")
      .join(" ") || undefined,
  };
}

function row(line: Line, result: Result, isCompared: boolean): NumberRow {
  const cell = (value: number | null | undefined, people: number, of: string, bucket?: string, isPast = false): NumberCell => ({
    text: value === null || value === undefined ? "no value" : line.format(value),
    value: value ?? null,
    of,
    point: pointOf(line, bucket, people, isPast),
  });
  return {
    key: line.key,
    title: line.name,
    slot: line.slot,
    cells: [
      cell(line.total, line.peopleTotal, `${line.name}, whole range`),
      ...(isCompared ? [cell(line.past?.total, line.past?.peopleTotal ?? 0, `${line.name}, in the past`, undefined, true), change(line)] : []),
      ...line.values.map((value, index) => {
        const bucket = result.buckets[index]?.label ?? "";
        return cell(value, line.people[index] ?? 0, `${line.name}, ${bucket}`, bucket);
      }),
    ],
  };
}

function change(line: Line): NumberCell {
  const [now, then] = [line.total, line.past?.total ?? null];
  const value = now === null || then === null || then === 0 ? null : (now - then) / then;
  const sign = value !== null && value > 0 ? "+" : value !== null && value < 0 ? "\u2212" : "";
  return { text: value === null ? "–" : `${sign}${formatPercent(Math.abs(value))}`, value, of: `${line.name}, change` };
}

export function columnWords(label: string, interval: Result["interval"]): string {
  if (label.includes("T")) return label.slice(5, 16).replace("T", " ");
  const at = new Date(`${label}T00:00:00Z`);
  const isLong = interval === "month" || interval === "quarter";
  const options: Intl.DateTimeFormatOptions = isLong ? { month: "short", year: "numeric" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(at);
}
