// What a number counts, by which rule, from how many events, and how long it took.

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answerQuery } from "../../api/queries/insights";
import { Facts } from "../../components/Facts";
import { formatDuration, formatNumber, plural } from "../../lib/format";
import { localTimeZone } from "../../lib/time";
import { useTimeZone } from "../../lib/timeZone";
import classes from "./insights.module.css";
import { conditions, conditionWords, finished, type InsightQuery, type InsightResult, type Kind, type Point } from "./model";
import { resolveRange, todayIn } from "./range";
import { kindOf } from "./registry";
import { unitWords } from "./whom/groups";

const COUNTED: Record<Kind, string> = {
  trend: "The total counts each person once over the whole range, so it is not the sum of the intervals.",
  funnel: "A person counts on the deepest path and, among these, the earliest; the window runs from the first step.",
  retention: "A person is in each cohort in which they have the start event. The curve takes, per column, the cohorts whose time is over and counts each person once; it may rise where young cohorts drop out.",
  lifecycle: "New: the first event ever lies in the interval. Current: also active in the interval before. Resurrected: active again, or for the first time although known earlier. Dormant: active in the interval before only.",
  stickiness: "Distinct dates with the event per person and period. The averages weight people and leave out periods that are not whole.",
  paths: "A unique person counts on their first path, even if a later one gets further; the window runs on the clock from its first event.",
  sessions: "A session counts in the interval in which it begins, also where it goes on later; those of more than 24 hours are left out. Filters apply before events are put into sessions.",
  revenue: "Amounts that are numbers are added up; those of the refund event are taken off whatever their sign. Per active person: everybody with an active event. A person pays if an amount is above zero.",
  lifetime: "New people are one cohort. Day N ends N + 1 times 24 hours after the first event; only who is old enough counts, above and below the line. Paying is who has ever paid, also later.",
  composition: "Everybody with an active event in the range. A list counts in each of its elements.",
};

/** Under a chart: what it took, with the rest on demand. */
export function ChartExplain({ query, result }: { query: InsightQuery; result: InsightResult }) {
  const timeZone = useTimeZone();
  const { explain } = result;
  return (
    <details className={classes.explain}>
      <summary>
        {plural(explain.rows_scanned, "row")} scanned in {formatDuration(explain.milliseconds)} · counted as Amplitude counts it · days in {timeZone ?? localTimeZone()} · explain
      </summary>
      <Told query={query} result={result} />
    </details>
  );
}

/** Above the people behind a number. Its answer is already here: the chart asked for it. */
export function NumberExplain({ query, point, people }: { query: InsightQuery; point: Point; people: number }) {
  const asked = finished(query);
  const answer = useQuery({ ...answerQuery(asked), enabled: false });
  const result = answer.data?.result;
  if (!result || result.kind !== asked.kind) return null;
  const what = kindOf(asked.kind).pointWords(asked, point);
  return (
    <details className={classes.explain}>
      <summary>Explain this number</summary>
      <Told query={asked} result={result} first={[["Counted", `${plural(people, ...unitWords(asked))}: ${what}`]]} />
    </details>
  );
}

interface ToldProps {
  query: InsightQuery;
  result: InsightResult;
  first?: [string, ReactNode][];
}

function Told({ query, result, first = [] }: ToldProps) {
  const timeZone = useTimeZone();
  const { explain } = result;
  const { start, end } = resolveRange(query.range, todayIn(timeZone));
  const filters = conditions(query.segment).map(conditionWords).join(" and ");
  return (
    <div className={classes.told}>
      <Facts
        items={[
          ...first,
          ["Question", kindOf(query.kind).describe(query)],
          ["Only where", filters],
          ["Days", `${start} to ${end}, from midnight to midnight in ${timeZone ?? localTimeZone()}`],
          ["Rule", COUNTED[query.kind]],
          query.count_by
            ? ["Groups", `Each ${query.count_by === "group_id" ? "group" : query.count_by} counts with the events of all its people, where these rules say person. Events that name none are left out; one with several counts in each.`]
            : ["People", "Merged people count once, also backwards in time."],
          [
            "From",
            `${plural(explain.rows_scanned, "event")} read in ${plural(explain.parts_scanned, "part")}, ${formatNumber(explain.parts_skipped)} left out by the range; all events below offset ${formatNumber(explain.events_to)} of the log. Exact, without samples.`,
          ],
          ["Took", `${formatDuration(explain.milliseconds)} on ${plural(explain.threads, "thread")}`],
        ]}
      />
    </div>
  );
}
