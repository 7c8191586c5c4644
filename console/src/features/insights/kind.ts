// What the builder, the cards and the tables must know of a kind of insight.

import type { ComponentType } from "react";
import type { LucideIcon } from "lucide-react";
import type { ChartType, Display, InsightQuery, InsightResult, Point } from "./model";

/** A number of an answer with its place, so that its people can be shown. */
export interface NumberCell {
  text: string;
  value: number | null;
  point?: Point | undefined;
  /** Of what: read out with "Show the people". */
  of: string;
}

export interface NumberRow {
  key: string;
  title: string;
  /** Slot of the palette. */
  slot?: number | undefined;
  cells: NumberCell[];
}

/** The numbers of an answer: what stands under the chart and goes into the CSV file. */
export interface NumberTable {
  /** Of the first column. */
  title: string;
  columns: { key: string; title: string }[];
  rows: NumberRow[];
  note?: string | undefined;
}

/** A number of a whole range. */
export interface Figure {
  /** The same in another range. */
  key: string;
  name: string;
  value: number | null;
  format: (value: number) => string;
}

export interface EditorProps<Q> {
  query: Q;
  onChange: (query: Q) => void;
}

export interface ChartProps<Q, R> {
  query: Q;
  result: R;
  chart: ChartType;
  height: number;
  compact?: boolean;
  hidden: ReadonlySet<string>;
  onHide?: ((key: string) => void) | undefined;
  onPeople?: ((point: Point) => void) | undefined;
  onChange?: ((query: Q) => void) | undefined;
}

export interface InsightKind<Q extends InsightQuery, R extends InsightResult = Extract<InsightResult, { kind: Q["kind"] }>> {
  label: string;
  /** What it answers. */
  words: string;
  icon: LucideIcon;
  /** The first is the usual one. */
  charts: readonly ChartType[];
  /** Comparing with the past: with what a question is compared, and the question compared or no more. */
  past?: { words: (query: Q) => string | undefined; turn: (query: Q, days: number) => Q };
  /** A new question; of the events that were seen it may take what is plainly meant. */
  blank: (seen: readonly string[]) => Q;
  Editor: ComponentType<EditorProps<Q>>;
  Chart: ComponentType<ChartProps<Q, R>>;
  /** Of the drawing, where the numbers are others than usual. */
  table: (query: Q, result: R, chart?: ChartType) => NumberTable;
  /** Whether the drawing has an axis of time, on which something can be noted. */
  isOverTime?: (query: Q, chart: ChartType) => boolean;
  /** Whether the drawing is a table itself, with all numbers: then none stands under it. */
  isTable?: (query: Q, chart: ChartType) => boolean;
  /** The question so that it can be asked over so many days, when somebody else chose the range. */
  fit?: (query: Q, days: number) => Q;
  /** The question with what a drawing of it needs. */
  suit?: (query: Q, chart: ChartType) => Q;
  /** The answer in one sentence, above the drawing; nothing where the drawing says it better. */
  says?: (query: Q, result: R) => string | undefined;
  /** The few numbers that stand for the whole range, for a comparison of two ranges. */
  figures?: (query: Q, result: R) => Figure[];
  /** In one line, for titles and cards. */
  describe: (query: Q) => string;
  isEmpty: (result: R) => boolean;
  /** Whether the drawing has several series, which need a legend. */
  hasLegend: (result: R) => boolean;
  /** What is behind the point, for the panel's title. */
  pointWords: (query: Q, point: Point) => string;
}

export function chartOf(kind: { charts: readonly ChartType[] }, display: Display): ChartType {
  const { chart } = display;
  return chart && kind.charts.includes(chart) ? chart : (kind.charts[0] ?? "table");
}
