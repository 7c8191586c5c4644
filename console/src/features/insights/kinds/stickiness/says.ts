// A stickiness in one sentence.

import { formatPercent, plural } from "../../../../lib/format";
import { selectorName } from "../../model";
import type { Query, Result } from "./model";

/** Who did it at all did it on one day: the second tells. */
export function says(query: Query, result: Result): string | undefined {
  const told = [result.days[1], result.days[3]].flatMap((one) => (one?.share_at_least == null ? [] : [`${formatPercent(one.share_at_least)} on at least ${plural(one.days, "day")}`]));
  if (told.length === 0) return undefined;
  return `Of those who did ${selectorName(query.event)} in a ${query.period ?? "week"}: ${told.join(", ")} of it.`;
}
