// Ranges of dates: in words, and the period before.

import { dateWords } from "../../lib/time";
import type { Range } from "./model";

const DAY = 86_400_000;

export const PRESETS: readonly { days: number; label: string }[] = [
  { days: 1, label: "Today" },
  { days: 7, label: "Last 7 days" },
  { days: 30, label: "Last 30 days" },
  { days: 90, label: "Last 90 days" },
  { days: 180, label: "Last 180 days" },
  { days: 365, label: "Last 365 days" },
];

export function rangeWords(range: Range): string {
  if ("last_days" in range) return range.last_days === 1 ? "today" : `last ${range.last_days} days`;
  return range.start === range.end ? dateWords(range.start) : `${dateWords(range.start)} to ${dateWords(range.end)}`;
}

/** Today's date in a time zone. */
export function todayIn(timeZone: string | undefined, now: Date = new Date()): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(now);
}

/** Another date, so many days later. */
export function shift(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** First and last day of a range, and how many they are. */
export function resolveRange(range: Range, today: string): { start: string; end: string; days: number } {
  if ("last_days" in range) {
    return { start: shift(today, 1 - range.last_days), end: today, days: range.last_days };
  }
  const days = Math.round((Date.parse(range.end) - Date.parse(range.start)) / DAY) + 1;
  return { start: range.start, end: range.end, days };
}

/** At the end of a sentence: `in the last 30 days`, `today`, `from 1 Mar 2026 to 31 Mar 2026`. */
export function rangeSaid(range: Range): string {
  const words = rangeWords(range);
  if ("last_days" in range) return range.last_days === 1 ? words : `in the ${words}`;
  return range.start === range.end ? `on ${words}` : `from ${words}`;
}
