// A lifecycle in one sentence.

import { formatNumber } from "../../../../lib/format";
import { columnWords } from "../trend/table";
import type { Query, Result } from "./model";

/** The last interval that is over. */
export function says(query: Query, result: Result): string | undefined {
  const at = result.buckets.findLastIndex((bucket) => !bucket.partial);
  const [bucket, counts] = [result.buckets[at], result.counts[at]];
  if (!bucket || !counts) return undefined;
  const interval = query.interval?.replace("_", " ") ?? "day";
  const when = `${interval} of ${columnWords(bucket.label, result.interval)}`;
  return `In the last whole ${when}: ${formatNumber(counts.new)} new and ${formatNumber(counts.resurrected)} resurrected, for ${formatNumber(counts.dormant)} dormant.`;
}
