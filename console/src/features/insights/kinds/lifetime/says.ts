// An answer about lifetime value in one sentence.

import { formatNumber } from "../../../../lib/format";
import { measureOf, MEASURES, type Query, type Result } from "./model";
import { money } from "../revenue/model";

/** The last day for which all are old enough. */
export function says(query: Query, result: Result): string | undefined {
  const told = MEASURES[measureOf(query)];
  const day = result.days.findLast((one) => !one.incomplete && told.of(one) !== null);
  const value = day && told.of(day);
  if (!day || value == null) return undefined;
  return `${told.words} by the end of day ${day.day}: ${money(value)}, of ${formatNumber(day.people)} new people.`;
}
