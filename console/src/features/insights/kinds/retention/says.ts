// A retention's answer in one sentence.

import { formatNumber, formatPercent } from "../../../../lib/format";
import { unitWords } from "../../whom/groups";
import type { Query, Result } from "./model";

/** The first time after the start, and the last for which all are old enough. */
export function says(query: Query, result: Result): string | undefined {
  const known = result.overall.combined.flatMap((cell, index) => {
    const column = result.columns[index];
    return column && index > 0 && cell.share != null ? [{ label: column.label, share: cell.share, of: cell.of }] : [];
  });
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last) return undefined;
  const later = last.label === first.label ? "" : `, ${formatPercent(last.share)} on ${last.label.toLowerCase()}`;
  return `${formatPercent(first.share)} of ${formatNumber(first.of)} ${unitWords(query)[1]} came back on ${first.label.toLowerCase()}${later}.`;
}
