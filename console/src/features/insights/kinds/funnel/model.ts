// A funnel's answer as bars and as a table.

import type { Schema } from "../../../../api/client";
import type { FunnelBar } from "../../../../charts/FunnelBars";
import { slots } from "../../../../charts/palette";
import { formatDuration, formatNumber, formatPercent } from "../../../../lib/format";
import type { Figure, NumberCell, NumberRow, NumberTable } from "../../kind";
import { selectorName, type ChartType, type Point, type QueryOf } from "../../model";
import { rangeWords } from "../../range";
import { unitTitle } from "../../whom/groups";

export type Query = QueryOf<"funnel">;
export type Result = Schema<"FunnelResult">;
type Bars = Schema<"FunnelBars">;

/** Groups side by side; with more only the table shows them. */
export const GROUPS_DRAWN_MAX = 6;
/** Lines of conversion over time. */
const LINES_MAX = 8;

export function bars(result: Result): FunnelBar[] {
  const groups = result.groups ?? [];
  if (groups.length === 0 || groups.length > GROUPS_DRAWN_MAX) {
    return [{ key: "all", slot: 0, steps: barSteps(result.overall) }];
  }
  const given = slots(groups.map((group) => group.group));
  return groups.map((group) => ({
    key: group.group,
    name: group.group,
    slot: given.get(group.group) ?? 0,
    steps: barSteps(group),
  }));
}

function barSteps(of: Bars): FunnelBar["steps"] {
  return of.steps.map((step) => ({
    people: step.count,
    dropped: step.dropped_off,
    fromStart: step.from_start ?? null,
    fromPrevious: step.from_previous ?? null,
    median: step.time_from_previous ? formatDuration(step.time_from_previous.median_seconds * 1000) : undefined,
  }));
}

/** A row per step, with a breakdown a row per group; over time a row per interval, of times one per bin. */
export function table(query: Query, result: Result, chart?: ChartType): NumberTable {
  if (chart === "line" && result.buckets) return byMoment(query, result);
  if (chart === "times" && result.overall.time_distribution) return byTime(query, result);
  return query.breakdown ? byGroup(query, result) : byStep(query, result);
}

/** What is counted, in the plural. */
export function unitWords(query: Query): string {
  if (query.count === "totals") return "Paths";
  if (query.hold === "session") return "Sessions";
  return query.hold ? "Pairs" : unitTitle(query);
}

/** Who came, and the part that got to the end: of everybody, or of each group. */
export function figures(query: Query, result: Result): Figure[] {
  const groups = result.groups ?? [];
  const one = (key: string, name: string, of: Bars): Figure[] => {
    const [first, last] = [of.steps[0], of.steps.at(-1)];
    const start = selectorName(query.steps[0] ?? {});
    return [
      { key: `${key}:count`, name: `${name}${start}`, value: first?.count ?? null, format: formatNumber },
      { key: `${key}:part`, name: `${name}Conversion`, value: last?.from_start ?? null, format: (value) => formatPercent(value) },
    ];
  };
  if (groups.length === 0 || groups.length > GROUPS_DRAWN_MAX) return one("all", "", result.overall);
  return groups.flatMap((group) => one(`g:${group.group}`, `${group.group}: `, group));
}

function byMoment(query: Query, result: Result): NumberTable {
  const last = query.steps.length;
  return {
    title: "Entered",
    columns: [
      ...query.steps.map((step, index) => ({ key: `step${index}`, title: `${index + 1} ${selectorName(step)}` })),
      { key: "conversion", title: "Converted" },
      { key: "median", title: "Median time" },
    ],
    rows: (result.overall.over_time ?? []).map((moment, index) => {
      const bucket = result.buckets?.[index];
      const label = bucket?.label ?? "";
      const title = `${bucket?.label.slice(0, 16).replace("T", " ") ?? ""}${bucket?.partial === true ? " *" : ""}`;
      return {
        key: label,
        title,
        cells: [
          ...moment.counts.map((counted, step) => ({
            text: formatNumber(counted),
            value: counted,
            of: `${title}, step ${step + 1}`,
            point: (moment.people[step] ?? 0) > 0 ? { step: step + 1, bucket: label } : undefined,
          })),
          share(moment.conversion, `${title}, converted by step ${last}`),
          {
            text: moment.median_seconds == null ? "–" : formatDuration(moment.median_seconds * 1000),
            value: moment.median_seconds ?? null,
            of: `${title}, median time`,
          },
        ],
      };
    }),
    note: "Each person at most once in an interval, by when they entered; the intervals may add up to more than the funnel.",
  };
}

export function timeBinWords(bin: { from_seconds: number; to_seconds: number }): string {
  return `${windowWords(bin.from_seconds)} to ${windowWords(bin.to_seconds)}`;
}

function byTime(query: Query, result: Result): NumberTable {
  const bins = result.overall.time_distribution ?? [];
  return {
    title: "Time to convert",
    columns: [
      { key: "count", title: unitWords(query) },
      { key: "share", title: "Of all who converted" },
    ],
    rows: bins.map((bin) => {
      const title = timeBinWords(bin);
      const { from_seconds, to_seconds } = bin;
      const point = { step: query.steps.length, time: { from_seconds, to_seconds } };
      return {
        key: String(from_seconds),
        title,
        cells: [
          { text: formatNumber(bin.count), value: bin.count, of: title, point: bin.people > 0 ? point : undefined },
          share(bin.share, `${title}, of all who converted`),
        ],
      };
    }),
    note: medianWords(result),
  };
}

export function medianWords(result: Result): string | undefined {
  const time = result.overall.time_to_convert;
  return time ? `Median ${formatDuration(time.median_seconds * 1000)}, mean ${formatDuration(time.mean_seconds * 1000)}.` : undefined;
}

/** Conversion by interval of entry: everybody, or each group. */
export function conversionLines(result: Result): { key: string; name: string; slot: number; values: (number | null)[]; people: number[]; group?: string }[] {
  const groups = (result.groups ?? []).slice(0, LINES_MAX);
  const values = (of: Bars) => (of.over_time ?? []).map((moment) => moment.conversion ?? null);
  const people = (of: Bars) => (of.over_time ?? []).map((moment) => moment.people.at(-1) ?? 0);
  if (groups.length === 0) {
    return [{ key: "all", name: "Everybody", slot: 0, values: values(result.overall), people: people(result.overall) }];
  }
  const given = slots(groups.map((group) => group.group));
  return groups.map((group) => ({
    key: group.group,
    name: group.group,
    slot: given.get(group.group) ?? 0,
    values: values(group),
    people: people(group),
    group: group.group,
  }));
}

function byStep(query: Query, result: Result): NumberTable {
  const steps = result.overall.steps;
  return {
    title: "Step",
    columns: [
      { key: "people", title: unitWords(query) },
      { key: "share", title: "Of first step" },
      { key: "previous", title: "Of step before" },
      { key: "median", title: "Median time" },
      { key: "lost", title: "Lost after" },
    ],
    rows: query.steps.map((selector, index) => {
      const title = `${index + 1}  ${selectorName(selector)}`;
      const step = steps[index];
      if (!step) return { key: String(index), title, cells: [] };
      const median = step.time_from_previous?.median_seconds;
      const isLast = index === steps.length - 1;
      return {
        key: String(index),
        title,
        cells: [
          count(step.count, step.people, `${title}, ${unitWords(query).toLowerCase()}`, { step: index + 1 }),
          share(step.from_start, `${title}, of the first step`),
          share(index === 0 ? undefined : step.from_previous, `${title}, of the step before`),
          {
            text: median === undefined ? "–" : formatDuration(median * 1000),
            value: median ?? null,
            of: `${title}, median time`,
          },
          isLast
            ? { text: "–", value: null, of: `${title}, lost after it` }
            : count(step.dropped_off, step.people_dropped_off, `${title}, lost after it`, { step: index + 1, outcome: "dropped_off" }),
        ],
      };
    }),
    note: notes(query, result),
  };
}

function count(counted: number, people: number, of: string, point: Point): NumberCell {
  return { text: formatNumber(counted), value: counted, of, point: people > 0 ? point : undefined };
}

function notes(query: Query, result: Result): string | undefined {
  const { sum } = result.overall;
  const [first] = result.without_optional?.steps ?? [];
  const last = result.without_optional?.steps.at(-1);
  const parts = [
    incompleteWords(query, result) ?? "",
    sum == null ? "" : `Sum of ${query.sum?.property ?? ""} at the last step: ${formatNumber(Number(sum.toFixed(2)))}.`,
    first && last ? `Without step ${query.optional_step ?? ""}: ${formatNumber(last.count)} of ${formatNumber(first.count)}, ${formatPercent(last.from_start ?? 0)}.` : "",
    query.hold || query.count === "totals" ? "A number opens the distinct people behind it, who may be fewer." : "",
  ].filter((part) => part !== "");
  return parts.join(" ") || undefined;
}

function incompleteWords(query: Query, result: Result): string | undefined {
  const { incomplete } = result.overall;
  if (incomplete === 0) return undefined;
  return `${formatNumber(incomplete)} ${unitWords(query).toLowerCase()} have not converted yet and still may: their window is open.`;
}

function byGroup(query: Query, result: Result): NumberTable {
  const given = slots((result.groups ?? []).slice(0, GROUPS_DRAWN_MAX).map((group) => group.group));
  const rows: NumberRow[] = [row("all", "Everybody", result.overall, undefined)];
  for (const group of result.groups ?? []) {
    const drawn = (result.groups ?? []).length <= GROUPS_DRAWN_MAX;
    rows.push({ ...row(`g:${group.group}`, group.group, group, group.group), slot: drawn ? given.get(group.group) : undefined });
  }
  const columns = query.steps.flatMap((step, index) => {
    const name = `${index + 1} ${selectorName(step)}`;
    const first = [{ key: `people${index}`, title: name }];
    if (index === 0) return first;
    return [
      ...first,
      { key: `share${index}`, title: "of first" },
      // Of the second step both are the same.
      ...(index > 1 ? [{ key: `previous${index}`, title: "of previous" }] : []),
      { key: `median${index}`, title: "median" },
      { key: `lost${index}`, title: "lost before" },
    ];
  });
  const total = result.groups_total ?? 0;
  const listed = result.groups?.length ?? 0;
  return {
    title: query.breakdown?.property ?? "Who",
    columns,
    rows,
    note: [
      total > listed ? `The ${listed} largest of ${total} values.` : "",
      notes(query, result) ?? "",
    ]
      .filter((part) => part !== "")
      .join(" ") || undefined,
  };
}

function row(key: string, title: string, of: Bars, group: string | undefined): NumberRow {
  const where = group === undefined ? {} : { group };
  const cells = of.steps.flatMap((step, index): NumberCell[] => {
    const people: NumberCell = {
      text: formatNumber(step.count),
      value: step.count,
      of: `${title}, step ${index + 1}`,
      point: step.people > 0 ? { step: index + 1, ...where } : undefined,
    };
    if (index === 0) return [people];
    const lost = of.steps[index - 1]?.dropped_off ?? 0;
    const median = step.time_from_previous?.median_seconds;
    return [
      people,
      share(step.from_start, `${title}, step ${index + 1}, of first`),
      ...(index > 1 ? [share(step.from_previous, `${title}, step ${index + 1}, of previous`)] : []),
      {
        text: median === undefined ? "–" : formatDuration(median * 1000),
        value: median ?? null,
        of: `${title}, median time to step ${index + 1}`,
      },
      {
        text: formatNumber(lost),
        value: lost,
        of: `${title}, lost before step ${index + 1}`,
        point: (of.steps[index - 1]?.people_dropped_off ?? 0) > 0 ? { step: index, outcome: "dropped_off", ...where } : undefined,
      },
    ];
  });
  return { key, title, cells };
}

function share(part: number | null | undefined, of: string): NumberCell {
  const value = part ?? null;
  return { text: value === null ? "–" : formatPercent(value), value, of };
}

/** Without what does not go together, or points at steps that are gone. */
export function fitting(query: Query): Query {
  const isAny = query.order === "any";
  const count = isAny || query.hold ? undefined : query.count;
  const steps = query.steps.length;
  const exclusions = isAny ? undefined : query.exclusions?.filter((one) => (one.to ?? steps) <= steps && (one.from ?? 1) < steps);
  const optional = query.optional_step;
  const optional_step = optional != null && optional > 1 && optional < steps ? optional : undefined;
  const at = query.breakdown_step;
  return { ...query, count, exclusions, optional_step, breakdown_step: at != null && at > steps ? undefined : at, first_day: query.users === "new" ? query.first_day : undefined };
}

const ORDER_WORDS: Record<NonNullable<Query["order"]>, string> = {
  in_order: "in this order",
  any: "in any order",
  exact: "one right after the other",
};

export function orderWords(order: Query["order"]): string {
  return ORDER_WORDS[order ?? "in_order"];
}

export function describe(query: Query): string {
  const by = query.breakdown ? ` by ${query.breakdown.property}` : "";
  const between = query.order === "any" ? " + " : " → ";
  const more = [
    query.order === "exact" ? orderWords("exact") : "",
    query.count === "totals" ? "all paths" : "",
    query.hold ? `same ${holdWords(query.hold)}` : "",
    ...(query.exclusions ?? []).map((one) => `without ${selectorName(one.event)}`),
  ].filter((part) => part !== "");
  const words = [`${query.steps.map(selectorName).join(between)}${by}`, ...more, `within ${windowWords(query.window_seconds ?? 86_400)}`, rangeWords(query.range)];
  return words.join(", ");
}

export function holdWords(hold: NonNullable<Query["hold"]>): string {
  return hold === "session" ? "session" : hold.property.property;
}

export function pointWords(query: Query, point: Point): string {
  if (!("step" in point)) return "";
  const step = query.steps[point.step - 1];
  const next = query.steps[point.step];
  const name = step ? selectorName(step) : `step ${point.step}`;
  const did =
    point.outcome === "dropped_off" && next
      ? `did ${name}, then not ${selectorName(next)}`
      : `reached ${name}`;
  const parts = [
    point.time ? `${did} in ${timeBinWords(point.time)}` : did,
    point.group ?? "",
    point.bucket ? `entered ${point.bucket.slice(0, 16).replace("T", " ")}` : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

const UNITS: [number, string][] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** A window as a number of the largest unit that fits. */
export function windowParts(seconds: number): { count: number; unit: number } {
  if (seconds === 0) return { count: 0, unit: 1 };
  const unit = UNITS.find(([length]) => seconds % length === 0)?.[0] ?? 1;
  return { count: seconds / unit, unit };
}

export function windowWords(seconds: number): string {
  const { count, unit } = windowParts(seconds);
  const name = UNITS.find(([length]) => length === unit)?.[1] ?? "second";
  return `${formatNumber(count)} ${name}${count === 1 ? "" : "s"}`;
}

export const WINDOW_UNITS = UNITS.map(([length, name]) => ({ value: String(length), label: `${name}s` }));
