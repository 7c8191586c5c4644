// An answer about sessions as a line, as bars of lengths and as a table.

import type { Schema } from "../../../../api/client";
import { formatDuration, formatNumber, formatPercent } from "../../../../lib/format";
import type { NumberCell, NumberRow, NumberTable } from "../../kind";
import type { Point, QueryOf } from "../../model";
import { rangeWords } from "../../range";
import { dateWords } from "../../../../lib/time";
import { secondsWords } from "../../edit/Numbers";
import { columnWords } from "../trend/table";

export type Query = QueryOf<"sessions">;
export type Result = Schema<"SessionsResult">;
export type Measure = Schema<"SessionsMeasure">;
type Counts = Schema<"SessionsCounts">;
type Place = Schema<"SessionsPoint">;

export const TIMEOUT_DEFAULT = 1_800;

const exact = (value: number) => formatNumber(Number(value.toFixed(2)));
const length = (seconds: number) => formatDuration(seconds * 1_000);

interface Told {
  words: string;
  of: (counts: Counts) => number | null | undefined;
  format: (value: number) => string;
  /** Whose people it opens. */
  who: NonNullable<Place["who"]>;
}

export const MEASURES: Record<Exclude<Measure, "lengths">, Told> = {
  sessions: { words: "Sessions", of: (counts) => counts.sessions, format: exact, who: "session" },
  average_length: { words: "Average length", of: (counts) => counts.average_seconds, format: length, who: "session" },
  time_spent: { words: "Time spent", of: (counts) => counts.seconds, format: length, who: "session" },
  per_person: { words: "Sessions per active person", of: (counts) => counts.per_person, format: exact, who: "active" },
  time_per_person: { words: "Time per active person", of: (counts) => counts.seconds_per_person, format: length, who: "active" },
  events_per_session: { words: "Events per session", of: (counts) => counts.events_per_session, format: exact, who: "session" },
  bounce_rate: { words: "Bounce rate", of: (counts) => counts.bounce_rate, format: (part) => formatPercent(part), who: "bounce" },
};

export const LENGTHS = "Lengths of sessions";

export function measureOf(query: Query): Measure {
  return query.measure ?? "sessions";
}

const behind = (counts: Counts, who: Told["who"]) =>
  who === "session" ? counts.people : who === "bounce" ? counts.bounced : counts.active;

/** Whom a point of a line opens, also where its value is zero: sessions may have no length. */
export function pointAt(result: Result, index: number, told: Told): Place | undefined {
  const [bucket, counts] = [result.buckets[index]?.label, result.counts[index]];
  return bucket !== undefined && counts && behind(counts, told.who) > 0 ? { bucket, who: told.who } : undefined;
}

export function binWords(bin: Schema<"SessionsBin">): string {
  const short = (seconds: number) => secondsWords(seconds).replace(/ (s|min|h)\w*$/, (_, unit: string) => ` ${unit}`);
  return bin.to_seconds === undefined || bin.to_seconds === null
    ? `${short(bin.from_seconds)} or more`
    : `${short(bin.from_seconds)} to ${short(bin.to_seconds)}`;
}

export function table(query: Query, result: Result): NumberTable {
  return measureOf(query) === "lengths" ? lengths(result) : measures(result);
}

function measures(result: Result): NumberTable {
  const cell = (told: Told, counts: Counts, at: Place, where: string): NumberCell => {
    const value = told.of(counts) ?? null;
    return {
      text: value === null ? "–" : told.format(value),
      value,
      of: `${told.words}, ${where}`,
      point: behind(counts, told.who) > 0 ? { ...at, who: told.who } : undefined,
    };
  };
  const people: Told = { words: "People with a session", of: (counts) => counts.people, format: exact, who: "session" };
  const active: Told = { words: "Active people", of: (counts) => counts.active, format: exact, who: "active" };
  const rows = [...Object.entries(MEASURES), ["people", people] as const, ["active", active] as const].map(
    ([key, told]): NumberRow => ({
      key,
      title: told.words,
      cells: [
        cell(told, result.total, {}, "whole range"),
        ...result.counts.map((counts, index) => {
          const bucket = result.buckets[index]?.label ?? "";
          return cell(told, counts, { bucket }, bucket);
        }),
      ],
    }),
  );
  const long = result.total.too_long;
  return {
    title: "Measure",
    columns: [
      { key: "total", title: "Whole range" },
      ...result.buckets.map((bucket) => ({ key: bucket.label, title: `${columnWords(bucket.label, result.interval)}${bucket.partial ? " *" : ""}` })),
    ],
    rows,
    note: [
      "Bounce: a session with exactly one page view.",
      long > 0 ? `${formatNumber(long)} sessions of more than 24 hours are left out.` : "",
      result.buckets.some((bucket) => bucket.partial) ? "* not a whole interval." : "",
    ].filter((part) => part !== "").join(" "),
  };
}

function lengths(result: Result): NumberTable {
  const all = result.total.sessions;
  return {
    title: "Length",
    columns: [{ key: "sessions", title: "Sessions" }, { key: "share", title: "Of all" }, { key: "people", title: "People" }],
    rows: result.lengths.map((bin, index) => {
      const of = binWords(bin);
      const share = all > 0 ? bin.sessions / all : null;
      return {
        key: of,
        title: of,
        cells: [
          { text: formatNumber(bin.sessions), value: bin.sessions, of },
          { text: share === null ? "–" : formatPercent(share), value: share, of },
          { text: formatNumber(bin.people), value: bin.people, of, point: bin.people > 0 ? { bin: index } : undefined },
        ],
      };
    }),
  };
}

export function byWords(query: Query): string {
  if (query.by === "sent") return "as sent";
  return `over after ${secondsWords(query.by?.timeout_seconds ?? TIMEOUT_DEFAULT)}`;
}

export function describe(query: Query): string {
  const measure = measureOf(query);
  const what = measure === "lengths" ? LENGTHS : `${MEASURES[measure].words}, per ${query.interval?.replace("_", " ") ?? "day"}`;
  return `${what}, ${rangeWords(query.range)}`;
}

export function pointWords(_: Query, point: Point): string {
  const { bucket, who, bin } = point as Place;
  const what = who === "active" ? "active" : who === "bounce" ? "with a bounce" : bin === undefined || bin === null ? "with a session" : "with a session of this length";
  const when = bucket ? ` · ${bucket.includes("T") ? bucket.slice(0, 16).replace("T", " ") : dateWords(bucket)}` : "";
  return `${what}${when}`;
}
