// What a release or anything else that was noted changed: the question's numbers over the days before
// it and over as many after.

import { ActionIcon, SegmentedControl } from "@mantine/core";
import { X } from "lucide-react";
import { useState } from "react";
import { ErrorState } from "../../components/ErrorState";
import { BlockSkeleton } from "../../components/Skeletons";
import { formatPercent, plural } from "../../lib/format";
import { useTimeZone } from "../../lib/timeZone";
import { changes, daysAround, over, type Around, type Change } from "./around";
import classes from "./insights.module.css";
import type { InsightQuery } from "./model";
import { rangeWords, todayIn } from "./range";
import { kindOf } from "./registry";
import type { Noted } from "./useAnnotations";
import { useAnswer } from "./useAnswer";

const DAYS = [7, 14, 28] as const;

interface Props {
  query: InsightQuery;
  noted: Noted;
  onClose: () => void;
}

export function BeforeAfter({ query, noted, onClose }: Props) {
  const timeZone = useTimeZone();
  const [wanted, setWanted] = useState<number>(DAYS[0]);
  const around = daysAround(todayIn(timeZone, new Date(noted.at)), todayIn(timeZone), wanted);
  return (
    <section className={classes.around} aria-label={`Before and after ${noted.text}`}>
      <header>
        <h3>Before and after {noted.text}</h3>
        <SegmentedControl
          size="xs"
          aria-label="Days on each side"
          value={String(wanted)}
          data={DAYS.map((days) => ({ value: String(days), label: `${days} days` }))}
          onChange={(value) => setWanted(Number(value))}
        />
        <ActionIcon variant="subtle" color="gray" size={24} aria-label="Close before and after" onClick={onClose}>
          <X size={14} aria-hidden />
        </ActionIcon>
      </header>
      {around ? (
        <Compared query={query} around={around} wanted={wanted} />
      ) : (
        <p className={classes.foot}>No day since then is over. Tomorrow there is something to compare.</p>
      )}
    </section>
  );
}

function Compared({ query, around, wanted }: { query: InsightQuery; around: Around; wanted: number }) {
  const kind = kindOf(query.kind);
  const { answer: before } = useAnswer(over(query, around.before));
  const { answer: after } = useAnswer(over(query, around.after));
  const failed = [before, after].find((one) => one.isError && !one.isFetching);
  if (failed) return <ErrorState title="It could not be compared" error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!before.data || !after.data || before.isPlaceholderData || after.isPlaceholderData) return <BlockSkeleton height={80} />;
  const figures = (of: { query: InsightQuery; result: Parameters<NonNullable<typeof kind.figures>>[1] }) => kind.figures?.(of.query, of.result) ?? [];
  const found = changes(figures(before.data), figures(after.data));
  return (
    <>
      <div className={classes.aroundTable}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Number</span>
              </th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <Row key={one.key} change={one} />
            ))}
          </tbody>
        </table>
      </div>
      <p className={classes.foot}>
        {rangeWords(around.before)}, then {rangeWords(around.after)}. The day itself counts as after.
        {around.days < wanted ? ` Only ${plural(around.days, "day")} since then ${around.days === 1 ? "is" : "are"} over.` : ""}
        {" Other things may have changed in these days, too."}
      </p>
    </>
  );
}

function Row({ change: { name, before, after, part } }: { change: Change }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{before}</td>
      <td>{after}</td>
      <td>{part === null ? "–" : part === 0 ? "the same" : `${part > 0 ? "+" : "−"}${formatPercent(Math.abs(part))}`}</td>
    </tr>
  );
}
