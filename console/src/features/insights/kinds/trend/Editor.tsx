import { useTimeZone } from "../../../../lib/timeZone";
import { BreakdownChip, EventLine, RangeChip, SegmentChips, UsersChip } from "../../edit/Common";
import { Difference } from "../../edit/Difference";
import { AddButton, MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import type { EditorProps } from "../../kind";
import { resolveRange, todayIn } from "../../range";
import { MeasureChip } from "./Measure";
import { fitDays, INTERVALS, isDistribution, letter, turnPast, type Query } from "./model";
import { CompareChip, FormulaChip, OverTimeChip, Segments } from "./Options";

const SPECIAL = ["_active", "_all", "_new"];
const EVENTS_MAX = 10;

/** "Unique people who did *Order Completed*, by *country*, per *week*, *last 90 days*." */
export function TrendEditor({ query, onChange }: EditorProps<Query>) {
  const timeZone = useTimeZone();
  const days = resolveRange(query.range, todayIn(timeZone)).days;
  const first = query.events[0]?.event ?? undefined;
  const one = query.events.length === 1 ? first : undefined;
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <MeasureChip query={query} onChange={onChange} />
        <Word>of</Word>
        <UsersChip value={query.users} onChange={(users) => onChange({ ...query, users })} />
        <Word>who did</Word>
      </div>
      {query.events.map((selector, index) => (
        <EventLine
          key={index}
          mark={letter(index)}
          of={`Event ${letter(index)}`}
          selector={selector}
          special={SPECIAL}
          onChange={(changed) =>
            onChange({ ...query, events: query.events.map((old, at) => (at === index ? changed : old)) })
          }
          onRemove={
            query.events.length > 1
              ? () => onChange({ ...query, events: query.events.filter((_, at) => at !== index) })
              : undefined
          }
        />
      ))}
      <div className={classes.line}>
        {query.events.length < EVENTS_MAX ? (
          <AddButton onClick={() => onChange({ ...query, events: [...query.events, { event: "" }] })}>Event</AddButton>
        ) : null}
        <SegmentChips of="all events" add="Filter all" event={one} query={query} onChange={onChange} />
      </div>
      <Segments query={query} event={one} onChange={onChange} />
      <div className={classes.line}>
        <BreakdownChip
          event={one}
          value={query.breakdown}
          onChange={(breakdown) => onChange({ ...query, breakdown, then_by: breakdown ? query.then_by : undefined })}
        />
        {query.breakdown ? (
          <>
            <Word>and</Word>
            <BreakdownChip event={one} value={query.then_by} onChange={(then_by) => onChange({ ...query, then_by })} />
          </>
        ) : null}
      </div>
      {isDistribution(query) ? null : (
        <div className={classes.line}>
          <FormulaChip query={query} onChange={onChange} />
        </div>
      )}
      <div className={classes.line}>
        <Word>per</Word>
        <MenuChip
          what="Interval"
          value={query.interval ?? "day"}
          options={INTERVALS.map((one) => ({ ...one, disabled: days > one.daysMax }))}
          onChange={(interval) => onChange({ ...query, interval })}
        />
        {query.formula ? null : <OverTimeChip query={query} onChange={onChange} />}
        <Word>over the</Word>
        <RangeChip
          value={query.range}
          onChange={(range) => {
            const next = resolveRange(range, todayIn(timeZone)).days;
            // What was compared with the days right before still is.
            const compare = query.compare?.unit === "days" && query.compare.count === days ? undefined : query.compare;
            const changed = fitDays({ ...query, range, compare }, next);
            onChange(compare === query.compare ? changed : turnPast(changed, next));
          }}
        />
      </div>
      {query.compare ? (
        <div className={classes.line}>
          <Word>compared with</Word>
          <CompareChip query={query} onChange={onChange} />
        </div>
      ) : null}
      <Difference>
        People with several values of a property count under each of them; a total counts each person once, so the parts may add up to more. Properties of people are
        as they were at the event: Mixpanel and PostHog usually take those of today, and then an upgrade rewrites the past. A rolling window counts people once over its
        intervals; an average leaves out events without a number. A repeated hour, when clocks go back, is two intervals.
      </Difference>
    </div>
  );
}
