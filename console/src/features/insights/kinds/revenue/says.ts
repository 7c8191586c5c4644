// An answer about revenue in one sentence.

import { plural } from "../../../../lib/format";
import { rangeSaid } from "../../range";
import { measureOf, MEASURES, money, type Query, type Result } from "./model";

export function says(query: Query, result: Result): string | undefined {
  const { total } = result.overall;
  const measure = measureOf(query);
  const value = MEASURES[measure].of(total);
  if (value === null) return undefined;
  const of = measure === "paying" ? `${plural(value, "person", "people")} paid` : `${MEASURES[measure].words}: ${money(value)}`;
  const from = measure === "total" ? ` from ${plural(total.paying, "person", "people")}` : "";
  return `${of}${from} ${rangeSaid(query.range)}.`;
}
