// The days before and after a moment, and what changed between them.

import type { Figure } from "./kind";
import type { InsightQuery, Range } from "./model";
import { shift } from "./range";
import type { Noted } from "./useAnnotations";

/** As many days before as after, the day of the moment among those after; nothing before a day is over. */
export interface Around {
  days: number;
  before: Range;
  after: Range;
}

/** `day` is that of the moment, `today` is not over yet. */
export function daysAround(day: string, today: string, wanted: number): Around | undefined {
  const over = Math.round((Date.parse(today) - Date.parse(day)) / 86_400_000);
  const days = Math.min(wanted, over);
  if (days < 1) return undefined;
  return {
    days,
    before: { start: shift(day, -days), end: shift(day, -1) },
    after: { start: day, end: shift(day, days - 1) },
  };
}

/** The question over another range, compared with nothing else. */
export function over(query: InsightQuery, range: Range): InsightQuery {
  return query.kind === "trend" ? { ...query, range, compare: undefined } : { ...query, range };
}

export interface Change {
  key: string;
  name: string;
  before: string;
  after: string;
  /** Of the number before; nothing where there was none. */
  part: number | null;
}

/** The numbers of both, those of after first and then what is only in before. */
export function changes(before: readonly Figure[], after: readonly Figure[]): Change[] {
  const was = new Map(before.map((one) => [one.key, one]));
  const is = new Map(after.map((one) => [one.key, one]));
  return [...new Set([...is.keys(), ...was.keys()])].flatMap((key) => {
    const [old, now] = [was.get(key), is.get(key)];
    const one = now ?? old;
    if (!one) return [];
    const text = (value: number | null | undefined) => (value == null ? "–" : one.format(value));
    const part = old?.value && now?.value != null ? (now.value - old.value) / Math.abs(old.value) : null;
    return [{ key, name: one.name, before: text(old?.value), after: text(now?.value), part }];
  });
}

export function notedFromUrl(text: string | undefined): Noted | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    if (typeof value !== "object" || value === null) return undefined;
    const { at, text: words } = value as Partial<Noted>;
    return typeof at === "string" && typeof words === "string" && !Number.isNaN(Date.parse(at)) ? { at, text: words } : undefined;
  } catch {
    return undefined;
  }
}
