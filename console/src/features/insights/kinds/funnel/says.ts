// A funnel's answer in one sentence.

import { formatDuration, formatNumber, formatPercent } from "../../../../lib/format";
import { selectorName } from "../../model";
import { unitWords, type Query, type Result } from "./model";

export function says(query: Query, result: Result): string | undefined {
  const steps = result.overall.steps;
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last || steps.length < 2 || last.from_start == null) return undefined;
  const name = (index: number) => selectorName(query.steps[index] ?? {});
  const time = result.overall.time_to_convert;
  const half = time ? `, half of them within ${formatDuration(time.median_seconds * 1000)}` : "";
  const whole = `${formatPercent(last.from_start)} of ${formatNumber(first.count)} ${unitWords(query).toLowerCase()} got from ${name(0)} to ${name(steps.length - 1)}${half}.`;
  return [whole, bestAndWorst(result) ?? largestLoss(result, name)].filter((part) => part !== undefined).join(" ");
}

function bestAndWorst(result: Result): string | undefined {
  const groups = (result.groups ?? []).flatMap((one) => {
    const part = one.steps.at(-1)?.from_start;
    return part == null ? [] : [{ name: one.group, part }];
  });
  groups.sort((a, b) => b.part - a.part);
  const [best, worst] = [groups[0], groups.at(-1)];
  if (!best || !worst || best.part === worst.part) return undefined;
  return `${best.name} does best (${formatPercent(best.part)}), ${worst.name} least (${formatPercent(worst.part)}).`;
}

/** Of more than two steps: before which the most are lost. */
function largestLoss(result: Result, name: (index: number) => string): string | undefined {
  const steps = result.overall.steps;
  if (steps.length < 3) return undefined;
  const lost = steps.slice(0, -1).map((step) => step.dropped_off);
  const most = Math.max(...lost);
  const at = lost.indexOf(most);
  const of = steps[at]?.count ?? 0;
  return most > 0 ? `The most are lost before ${name(at + 1)}: ${formatNumber(most)}, ${formatPercent(most / of)} of those who came so far.` : undefined;
}
