// A trend's answer in one sentence.

import { formatPercent } from "../../../../lib/format";
import { conditions, measureWords, selectorName } from "../../model";
import { rangeSaid } from "../../range";
import { unitWords } from "../../whom/groups";
import { compareWords, drawnLines, isDistribution, type Query, type Result } from "./model";

export function says(query: Query, result: Result): string | undefined {
  const [line, ...more] = drawnLines(query, result);
  // Several stand in the legend, by size.
  if (!line || line.total === null || more.length > 0 || isDistribution(query)) return undefined;
  const past = line.past?.total ?? null;
  const change = past === null ? "" : `, ${changeWords(line.total, past, line.format, compareWords(query.compare))}`;
  return `${what(query, line.name, line.format(line.total))} ${rangeSaid(query.range)}${isFiltered(query) ? ", with the filters" : ""}${change}.`;
}

function what(query: Query, name: string, figure: string): string {
  const [event] = query.events;
  if (query.formula || !event) return `${name}: ${figure}`;
  const who = `${query.users === "new" ? "new " : ""}${unitWords(query)[figure === "1" ? 0 : 1]}`;
  if (query.measure === undefined || query.measure === "uniques") return `${figure} ${who} did ${selectorName(event)}`;
  if (query.measure === "totals") return `${selectorName(event)} happened ${figure} times`;
  return `${measureWords(query.measure)}, ${selectorName(event)}: ${figure}`;
}

function isFiltered(query: Query): boolean {
  return (query.people ?? []).length > 0 || conditions(query.segment).length > 0 || query.events.some((one) => conditions(one.filters).length > 0);
}

/** `up 50% from the 2 of 7 days before` */
export function changeWords(now: number, was: number, format: (value: number) => string, when: string): string {
  if (was === 0) return `none ${when}`;
  const change = (now - was) / was;
  if (change === 0) return `the same as ${when}`;
  return `${change > 0 ? "up" : "down"} ${formatPercent(Math.abs(change))} from the ${format(was)} of ${when}`;
}
