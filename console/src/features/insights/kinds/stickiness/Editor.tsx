import { EventLine, RangeChip, SegmentChips } from "../../edit/Common";
import { MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import type { EditorProps } from "../../kind";
import type { Query } from "./model";

const SPECIAL = ["_active", "_all"];
const PERIODS = [
  { value: "week", label: "week" },
  { value: "month", label: "month" },
] as const;

/** "On how many days of a *week* people do A, over the *last 90 days*." */
export function StickinessEditor({ query, onChange }: EditorProps<Query>) {
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <Word>On how many days of a</Word>
        <MenuChip what="Period" value={query.period ?? "week"} options={PERIODS} onChange={(period) => onChange({ ...query, period })} />
        <Word>people do</Word>
      </div>
      <EventLine mark="A" of="Event" selector={query.event} special={SPECIAL} onChange={(event) => onChange({ ...query, event })} />
      <div className={classes.line}>
        <SegmentChips of="all events" add="Filter all" event={query.event.event ?? undefined} query={query} onChange={onChange} />
      </div>
      <div className={classes.line}>
        <Word>over the</Word>
        <RangeChip value={query.range} onChange={(range) => onChange({ ...query, range })} />
      </div>
    </div>
  );
}
