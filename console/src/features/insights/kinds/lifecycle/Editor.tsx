import { useTimeZone } from "../../../../lib/timeZone";
import { EventLine, RangeChip, SegmentChips } from "../../edit/Common";
import { MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import type { EditorProps } from "../../kind";
import { resolveRange, todayIn } from "../../range";
import { fitInterval, INTERVALS } from "../trend/model";
import type { Query } from "./model";

const SPECIAL = ["_active", "_all"];

/** "Who of the people that did A is new, current, resurrected or dormant, per *week*, last *30 days*." */
export function LifecycleEditor({ query, onChange }: EditorProps<Query>) {
  const timeZone = useTimeZone();
  const days = resolveRange(query.range, todayIn(timeZone)).days;
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <Word>New, current, resurrected and dormant people by</Word>
      </div>
      <EventLine mark="A" of="Event" selector={query.event} special={SPECIAL} onChange={(event) => onChange({ ...query, event })} />
      <div className={classes.line}>
        <SegmentChips of="all events" add="Filter all" event={query.event.event ?? undefined} query={query} onChange={onChange} />
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
