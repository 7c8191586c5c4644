// A stickiness's answer as bars per number of days and as a table.

import type { Schema } from "../../../../api/client";
import type { TimeSeries } from "../../../../charts/TimeChart";
import { formatNumber, formatPercent, plural } from "../../../../lib/format";
import type { NumberCell, NumberRow, NumberTable } from "../../kind";
import { selectorName, type Point, type QueryOf } from "../../model";
import { rangeWords } from "../../range";
import { unitTitle, unitWords } from "../../whom/groups";
import { dateWords } from "../../../../lib/time";
import { columnWords } from "../trend/table";

export type Query = QueryOf<"stickiness">;
export type Result = Schema<"StickinessResult">;
export type Count = Schema<"StickinessCount">;

const COUNTS = ["at_least", "exactly"] as const satisfies readonly Count[];
export const COUNT_WORDS: Record<Count, string> = { at_least: "At least so many days", exactly: "Exactly so many days" };

export interface CountSeries extends TimeSeries {
  key: Count;
}

export function series(result: Result): CountSeries[] {
  return COUNTS.map((count, slot) => ({
    key: count,
    name: COUNT_WORDS[count],
    slot,
    values: result.days.map((days) => (count === "exactly" ? days.share_exactly : days.share_at_least) ?? null),
  }));
}

/** Two rows of averages over the whole periods, then the people of each period. */
export function table(query: Query, result: Result): NumberTable {
  const averages = COUNTS.map((count): NumberRow => ({
    key: count,
    title: `Average, ${COUNT_WORDS[count].toLowerCase()}`,
    cells: [
      people(result.people, `${unitTitle(query)}, whole periods`, { days: 1, count: "at_least" }),
      ...result.days.map((days): NumberCell => {
        const share = (count === "exactly" ? days.share_exactly : days.share_at_least) ?? null;
        const behind = count === "exactly" ? days.people_exactly : days.people_at_least;
        return {
          text: share === null ? "–" : formatPercent(share),
          value: share,
          of: `${COUNT_WORDS[count]}, ${plural(days.days, "day")}: ${plural(behind, ...unitWords(query))}`,
          point: behind > 0 ? { days: days.days, count } : undefined,
        };
      }),
    ],
  }));
  const periods = result.rows.map((row): NumberRow => {
    const title = `${result.period === "month" ? columnWords(row.label, "month") : dateWords(row.label)}${row.partial ? " *" : ""}`;
    const at = { bucket: row.label, count: "at_least" as const };
    return {
      key: row.label,
      title,
      cells: [
        people(row.people, `${title}, ${unitWords(query)[1]}`, { ...at, days: 1 }),
        ...row.at_least.map((count, index) => people(count, `${title}, at least ${plural(index + 1, "day")}`, { ...at, days: index + 1 })),
      ],
    };
  });
  return {
    title: result.period === "month" ? "Month" : "Week from",
    columns: [{ key: "people", title: unitTitle(query) }, ...result.days.map(({ days }) => ({ key: String(days), title: plural(days, "day") }))],
    rows: [...averages, ...periods],
    note: `Below the averages: ${unitWords(query)[1]} with at least so many days.${result.rows.some((row) => row.partial) ? " * not a whole period, and not in the averages." : ""}`,
  };
}

function people(count: number, of: string, point: Point): NumberCell {
  return { text: formatNumber(count), value: count, of, point: count > 0 ? point : undefined };
}

export function describe(query: Query): string {
  return `Days per ${query.period ?? "week"} with ${selectorName(query.event)}, ${rangeWords(query.range)}`;
}

export function pointWords(query: Query, point: Point): string {
  if (!("days" in point)) return "";
  const least = point.count === "exactly" ? "exactly" : "at least";
  const when = point.bucket ? ` · ${query.period === "month" ? "month" : "week"} from ${dateWords(point.bucket)}` : "";
  return `did ${selectorName(query.event)} on ${least} ${plural(point.days, "day")} of a ${query.period ?? "week"}${when}`;
}
