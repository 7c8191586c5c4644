// A funnel's answer as bars and as a table.

import type { Schema } from "../../../../api/client";
import type { FunnelBar } from "../../../../charts/FunnelBars";
import { slots } from "../../../../charts/palette";
import { formatDuration, formatNumber, formatPercent } from "../../../../lib/format";
import type { NumberCell, NumberRow, NumberTable } from "../../kind";
import { selectorName, type Point, type QueryOf } from "../../model";
import { rangeWords } from "../../range";

export type Query = QueryOf<"funnel">;
export type Result = Schema<"FunnelResult">;
type Bars = Schema<"FunnelBars">;

/** Groups side by side; with more only the table shows them. */
export const GROUPS_DRAWN_MAX = 6;

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
    people: step.people,
    dropped: step.dropped_off,
    fromStart: step.from_start ?? null,
    fromPrevious: step.from_previous ?? null,
    median: step.time_from_previous ? formatDuration(step.time_from_previous.median_seconds * 1000) : undefined,
  }));
}

/** A row per step; with a breakdown a row per group. */
export function table(query: Query, result: Result): NumberTable {
  return query.breakdown ? byGroup(query, result) : byStep(query, result);
}

function byStep(query: Query, result: Result): NumberTable {
  const steps = result.overall.steps;
  return {
    title: "Step",
    columns: [
      { key: "people", title: "People" },
      { key: "share", title: "Of the first step" },
      { key: "previous", title: "Of the step before" },
      { key: "median", title: "Median time from it" },
      { key: "lost", title: "Lost after it" },
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
          count(step.people, `${title}, people`, { step: index + 1 }),
          share(step.from_start, `${title}, of the first step`),
          share(index === 0 ? undefined : step.from_previous, `${title}, of the step before`),
          {
            text: median === undefined ? "–" : formatDuration(median * 1000),
            value: median ?? null,
            of: `${title}, median time`,
          },
          isLast
            ? { text: "–", value: null, of: `${title}, lost after it` }
            : count(step.dropped_off, `${title}, lost after it`, { step: index + 1, outcome: "dropped_off" }),
        ],
      };
    }),
    note: incompleteWords(result),
  };
}

function count(people: number, of: string, point: Point): NumberCell {
  return { text: formatNumber(people), value: people, of, point: people > 0 ? point : undefined };
}

function incompleteWords(result: Result): string | undefined {
  const { incomplete } = result.overall;
  if (incomplete === 0) return undefined;
  return `${formatNumber(incomplete)} people have not converted yet and still may: their window is open.`;
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
      { key: `previous${index}`, title: "of previous" },
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
      incompleteWords(result) ?? "",
    ]
      .filter((part) => part !== "")
      .join(" ") || undefined,
  };
}

function row(key: string, title: string, of: Bars, group: string | undefined): NumberRow {
  const where = group === undefined ? {} : { group };
  const cells = of.steps.flatMap((step, index): NumberCell[] => {
    const people: NumberCell = {
      text: formatNumber(step.people),
      value: step.people,
      of: `${title}, step ${index + 1}`,
      point: step.people > 0 ? { step: index + 1, ...where } : undefined,
    };
    if (index === 0) return [people];
    const lost = of.steps[index - 1]?.dropped_off ?? 0;
    const median = step.time_from_previous?.median_seconds;
    return [
      people,
      share(step.from_start, `${title}, step ${index + 1}, of first`),
      share(step.from_previous, `${title}, step ${index + 1}, of previous`),
      {
        text: median === undefined ? "–" : formatDuration(median * 1000),
        value: median ?? null,
        of: `${title}, median time to step ${index + 1}`,
      },
      {
        text: formatNumber(lost),
        value: lost,
        of: `${title}, lost before step ${index + 1}`,
        point: lost > 0 ? { step: index, outcome: "dropped_off", ...where } : undefined,
      },
    ];
  });
  return { key, title, cells };
}

function share(part: number | null | undefined, of: string): NumberCell {
  const value = part ?? null;
  return { text: value === null ? "–" : formatPercent(value), value, of };
}

export function describe(query: Query): string {
  const by = query.breakdown ? ` by ${query.breakdown.property}` : "";
  return `${query.steps.map(selectorName).join(" → ")}${by}, within ${windowWords(query.window_seconds ?? 86_400)}, ${rangeWords(query.range)}`;
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
  return point.group ? `${did} · ${point.group}` : did;
}

const UNITS: [number, string][] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** A window as a number of the largest unit that fits. */
export function windowParts(seconds: number): { count: number; unit: number } {
  const unit = UNITS.find(([length]) => seconds % length === 0)?.[0] ?? 1;
  return { count: seconds / unit, unit };
}

export function windowWords(seconds: number): string {
  const { count, unit } = windowParts(seconds);
  const name = UNITS.find(([length]) => length === unit)?.[1] ?? "second";
  return `${formatNumber(count)} ${name}${count === 1 ? "" : "s"}`;
}

export const WINDOW_UNITS = UNITS.map(([length, name]) => ({ value: String(length), label: `${name}s` }));
