// An answer about paths in one sentence.

import { formatPercent, plural } from "../../../../lib/format";
import { selectorName } from "../../model";
import { endsOf, nodeWords, type Query, type Result } from "./model";

/** What comes right after the start, or right before the end. */
export function says(query: Query, result: Result): string | undefined {
  const isEnd = endsOf(query) === "end";
  const totals = query.count === "totals";
  const total = totals ? result.paths : result.people;
  const nodes = (result.columns[1]?.nodes ?? []).filter(({ node }) => typeof node === "object");
  const amount = (one: { paths: number; people: number }) => (totals ? one.paths : one.people);
  const most = nodes.reduce((best: (typeof nodes)[number] | undefined, one) => (best && amount(best) >= amount(one) ? best : one), undefined);
  const about = isEnd ? query.end : query.start;
  if (!most || !about || total === 0) return undefined;
  const unit = plural(total, totals ? "path" : "person", totals ? "paths" : "people");
  return `${isEnd ? "Before" : "After"} ${selectorName(about)} most often comes ${nodeWords(query, most.node)}: ${formatPercent(amount(most) / total)} of ${unit}.`;
}
