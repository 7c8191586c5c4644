// The list of live events: newest on top, bounded, and still while somebody reads it.

import type { LiveEvent } from "../../api/queries/liveEvents";

const ROWS_MAX = 400;

export interface Live {
  /** Newest first. */
  rows: readonly LiveEvent[];
  /** What came while the list stood still, newest first. */
  held: readonly LiveEvent[];
  /** Items that came too fast to be shown. */
  skipped: number;
}

export const NOTHING: Live = { rows: [], held: [], skipped: 0 };

/** Rows that came, oldest first. A row that is there already takes its place: its state moved on. */
export function arrive(live: Live, news: readonly LiveEvent[], paused: boolean): Live {
  const changed = new Map(news.map((row) => [row.cursor, row]));
  const known = new Set([...live.rows, ...live.held].map((row) => row.cursor));
  const renew = (rows: readonly LiveEvent[]) => rows.map((row) => changed.get(row.cursor) ?? row);
  const fresh = news.filter((row) => !known.has(row.cursor)).reverse();
  const held = cut([...fresh, ...renew(live.held)]);
  const rows = renew(live.rows);
  return paused ? { ...live, rows, held } : { ...live, rows: cut([...held, ...rows]), held: [] };
}

export function skip(live: Live, count: number): Live {
  return { ...live, skipped: live.skipped + count };
}

/** What was held comes to the top. */
export function release(live: Live): Live {
  if (live.held.length === 0) return live;
  return { ...live, rows: cut([...live.held, ...live.rows]), held: [] };
}

/** Older rows, newest first, below. They may exceed the bound: somebody asked for them. */
export function append(live: Live, older: readonly LiveEvent[]): Live {
  const known = new Set(live.rows.map((row) => row.cursor));
  return { ...live, rows: [...live.rows, ...older.filter((row) => !known.has(row.cursor))] };
}

function cut(rows: LiveEvent[]): LiveEvent[] {
  return rows.length > ROWS_MAX ? rows.slice(0, ROWS_MAX) : rows;
}
