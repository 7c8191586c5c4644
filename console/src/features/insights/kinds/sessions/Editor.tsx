import { useTimeZone } from "../../../../lib/timeZone";
import { RangeChip, SegmentChips } from "../../edit/Common";
import { MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { SecondsChip } from "../../edit/Numbers";
import type { EditorProps } from "../../kind";
import { resolveRange, todayIn } from "../../range";
import { fitInterval, INTERVALS } from "../trend/model";
import { LENGTHS, measureOf, MEASURES, TIMEOUT_DEFAULT, type Measure, type Query } from "./model";

const OPTIONS: { value: Measure; label: string }[] = [
  ...Object.entries(MEASURES).map(([value, { words }]) => ({ value: value as Measure, label: words })),
  { value: "lengths", label: LENGTHS },
];

/** "*Sessions*, over after *30 minutes*, where *os* is *iOS*, per *day*, last *30 days*." */
export function SessionsEditor({ query, onChange }: EditorProps<Query>) {
  const timeZone = useTimeZone();
  const days = resolveRange(query.range, todayIn(timeZone)).days;
  const timeout = query.by === "sent" ? undefined : (query.by?.timeout_seconds ?? TIMEOUT_DEFAULT);
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <MenuChip what="What to show" value={measureOf(query)} options={OPTIONS} onChange={(measure) => onChange({ ...query, measure })} />
      </div>
      <div className={classes.line}>
        <Word>a session is</Word>
        <MenuChip
          what="A session is"
          value={timeout === undefined ? "sent" : "timeout"}
          options={[
            { value: "timeout", label: "over after a pause" },
            { value: "sent", label: "as the sender numbered it" },
          ]}
          onChange={(to) => onChange({ ...query, by: to === "sent" ? "sent" : undefined })}
        />
        {timeout === undefined ? null : (
          <>
            <Word>of</Word>
            <SecondsChip what="Pause" seconds={timeout} max={86_400} onChange={(timeout_seconds) => onChange({ ...query, by: { timeout_seconds } })} />
          </>
        )}
      </div>
      <div className={classes.line}>
        <SegmentChips of="events" add="Filter events" event={undefined} query={query} onChange={onChange} />
      </div>
      <div className={classes.line}>
        {measureOf(query) === "lengths" ? null : (
          <>
            <Word>per</Word>
            <MenuChip
              what="Interval"
              value={query.interval ?? "day"}
              options={INTERVALS.map((one) => ({ ...one, disabled: days > one.daysMax }))}
              onChange={(interval) => onChange({ ...query, interval })}
            />
          </>
        )}
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
