import { useTimeZone } from "../../../../lib/timeZone";
import { BreakdownChip, RangeChip, SegmentChips } from "../../edit/Common";
import { MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import type { EditorProps } from "../../kind";
import { resolveRange, todayIn } from "../../range";
import { fitInterval, INTERVALS } from "../trend/model";
import { measureOf, MEASURES, type Measure, type Query } from "./model";
import { PaymentsLines } from "./Payments";

export const MEASURE_OPTIONS = (Object.keys(MEASURES) as Measure[]).map((value) => ({ value, label: MEASURES[value].words }));

/** "*Revenue* as *revenue* of A, by *product*, per *day*, last *30 days*." */
export function RevenueEditor({ query, onChange }: EditorProps<Query>) {
  const timeZone = useTimeZone();
  const days = resolveRange(query.range, todayIn(timeZone)).days;
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <MenuChip what="What to show" value={measureOf(query)} options={MEASURE_OPTIONS} onChange={(measure) => onChange({ ...query, measure })} />
      </div>
      <PaymentsLines payments={query.payments} onChange={(payments) => onChange({ ...query, payments })} />
      <div className={classes.line}>
        <SegmentChips of="all events" add="Filter all" event={query.payments?.event?.event ?? undefined} query={query} onChange={onChange} />
      </div>
      <div className={classes.line}>
        <BreakdownChip
          event={query.payments?.event?.event ?? undefined}
          value={query.breakdown}
          onChange={(breakdown) => onChange({ ...query, breakdown })}
        />
      </div>
      <div className={classes.line}>
        <Word>per</Word>
        <MenuChip
          what="Interval"
          value={query.interval ?? "day"}
          options={INTERVALS.map((one) => ({ ...one, disabled: days > one.daysMax }))}
          onChange={(interval) => onChange({ ...query, interval })}
        />
        <Word>over the</Word>
        <RangeChip
          value={query.range}
          onChange={(range) => {
            const next = resolveRange(range, todayIn(timeZone)).days;
            onChange({ ...query, range, interval: fitInterval(query.interval, next) });
          }}
        />
      </div>
    </div>
  );
}
