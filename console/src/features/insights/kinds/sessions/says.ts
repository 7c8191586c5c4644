// An answer about sessions in one sentence.

import { plural } from "../../../../lib/format";
import { rangeSaid } from "../../range";
import { MEASURES, measureOf, type Query, type Result } from "./model";

export function says(query: Query, result: Result): string | undefined {
  const { total } = result;
  const measure = measureOf(query);
  const when = rangeSaid(query.range);
  if (measure === "sessions" || measure === "lengths") {
    const long = total.average_seconds == null ? "" : `, ${MEASURES.average_length.format(total.average_seconds)} long on average`;
    return `${plural(total.people, "person", "people")} had ${plural(total.sessions, "session")} ${when}${long}.`;
  }
  const told = MEASURES[measure];
  const value = told.of(total);
  return value == null ? undefined : `${told.words} ${when}: ${told.format(value)}.`;
}
