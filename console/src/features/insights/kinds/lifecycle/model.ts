// A lifecycle's answer as stacked bars and as a table.

import type { Schema } from "../../../../api/client";
import type { TimeSeries } from "../../../../charts/TimeChart";
import { formatNumber } from "../../../../lib/format";
import type { NumberRow, NumberTable } from "../../kind";
import { selectorName, type Point, type QueryOf } from "../../model";
import { rangeWords } from "../../range";
import { dateWords } from "../../../../lib/time";
import { columnWords } from "../trend/table";

export type Query = QueryOf<"lifecycle">;
export type Result = Schema<"LifecycleResult">;
export type State = Schema<"LifecycleState">;

export const STATES = ["new", "current", "resurrected", "dormant"] as const satisfies readonly State[];

export const STATE_WORDS: Record<State, string> = {
  new: "New",
  current: "Current",
  resurrected: "Resurrected",
  dormant: "Dormant",
};

/** Slots of the palette: who leaves is red. */
const SLOTS: Record<State, number> = { new: 2, current: 0, resurrected: 5, dormant: 6 };

export interface StateSeries extends TimeSeries {
  key: State;
}

/** Who leaves is drawn below the axis; in lines, where nothing is stacked, above it. */
export function series(result: Result, below: boolean): StateSeries[] {
  return STATES.map((state) => ({
    key: state,
    name: STATE_WORDS[state],
    slot: SLOTS[state],
    stacked: below,
    values: result.counts.map((counts) => (below && state === "dormant" ? -counts[state] : counts[state])),
  }));
}

export function table(query: Query, result: Result): NumberTable {
  const rows = STATES.map((state): NumberRow => ({
    key: state,
    title: STATE_WORDS[state],
    slot: SLOTS[state],
    cells: result.counts.map((counts, index) => {
      const bucket = result.buckets[index]?.label ?? "";
      const people = counts[state];
      return {
        text: formatNumber(people),
        value: people,
        of: `${STATE_WORDS[state]}, ${bucket}`,
        point: people > 0 ? { bucket, state } : undefined,
      };
    }),
  }));
  const pulse: NumberRow = {
    key: "pulse",
    title: "Pulse",
    cells: result.counts.map((counts, index) => {
      const value = counts.pulse ?? null;
      const of = `Pulse, ${result.buckets[index]?.label ?? ""}`;
      return { text: value === null ? "–" : formatNumber(Number(value.toFixed(2))), value, of };
    }),
  };
  return {
    title: selectorName(query.event),
    columns: result.buckets.map((bucket) => ({
      key: bucket.label,
      title: `${columnWords(bucket.label, result.interval)}${bucket.partial ? " *" : ""}`,
    })),
    rows: [...rows, pulse],
    note: [
      "Pulse: new and resurrected people for each dormant one.",
      result.buckets.some((bucket) => bucket.partial) ? "* not a whole interval." : "",
    ].join(" ").trim(),
  };
}

export function describe(query: Query): string {
  return `Lifecycle of ${selectorName(query.event)}, per ${query.interval?.replace("_", " ") ?? "day"}, ${rangeWords(query.range)}`;
}

const DID: Record<State, (event: string) => string> = {
  new: (event) => `did ${event} and were new`,
  current: (event) => `did ${event}, also in the interval before`,
  resurrected: (event) => `did ${event} again, not in the interval before`,
  dormant: (event) => `did ${event} in the interval before, not in this one`,
};

export function pointWords(query: Query, point: Point): string {
  if (!("state" in point)) return "";
  const when = point.bucket.includes("T") ? point.bucket.slice(0, 16).replace("T", " ") : dateWords(point.bucket);
  return `${DID[point.state](selectorName(query.event))} · ${when}`;
}
