// A composition in one sentence.

import { formatPercent, plural } from "../../../../lib/format";
import type { Query, Result } from "./model";

export function says(query: Query, result: Result): string | undefined {
  const most = result.groups.reduce((best: Result["groups"][number] | undefined, one) => (best && best.people >= one.people ? best : one), undefined);
  if (!most) return undefined;
  return `The most frequent ${query.property.property} is ${most.value}: ${formatPercent(most.share)} of ${plural(result.people, "person", "people")}.`;
}
