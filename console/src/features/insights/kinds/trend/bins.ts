// A distribution by its bins.

import type { TimeBucket } from "../../../../charts/TimeChart";
import { DRAWN_MAX, drawnLines, type Line, type Query, type Result } from "./model";

/** The range's numbers by bin instead of by time: a line for each event, segment and group. */
export function byBin(query: Query, result: Result): { bins: TimeBucket[]; lines: Line[]; of: Map<string, (Line | undefined)[]> } {
  const all = drawnLines(query, result);
  const from = (bin: string) => Number(/-?[\d.]+/.exec(bin)?.[0] ?? Number.NaN);
  const names = [...new Set(all.flatMap((one) => (one.bin === undefined ? [] : [one.bin])))];
  names.sort((a, b) => from(a) - from(b) || (a < b ? -1 : 1));
  const of = new Map<string, (Line | undefined)[]>();
  const lines: Line[] = [];
  for (const one of all) {
    const key = JSON.stringify({ ...one.place, bin: undefined });
    let row = of.get(key);
    if (!row) {
      row = names.map(() => undefined);
      of.set(key, row);
      const name = one.name.split(" · ").slice(1).join(" · ");
      lines.push({ ...one, key, name: name === "" ? "everybody" : name, slot: lines.length, values: [], total: null, past: undefined });
    }
    row[names.indexOf(one.bin ?? "")] = one;
  }
  const drawn = lines.slice(0, DRAWN_MAX).map((line) => {
    const values = (of.get(line.key) ?? []).map((one) => one?.total ?? 0);
    return { ...line, values, total: values.reduce((sum, value) => sum + value, 0) };
  });
  return { bins: names.map((name) => ({ short: name, long: name, partial: false })), lines: drawn, of };
}
