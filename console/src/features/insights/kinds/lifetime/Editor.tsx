import { RangeChip, SegmentChips } from "../../edit/Common";
import { MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { NumberChip } from "../../edit/Numbers";
import type { EditorProps } from "../../kind";
import type { Measure } from "../revenue/model";
import { PaymentsLines } from "../revenue/Payments";
import { DAYS_DEFAULT, measureOf, MEASURES, type Query } from "./model";

const OPTIONS = (Object.keys(MEASURES) as Measure[]).map((value) => ({ value, label: MEASURES[value].words }));

/** "*Revenue per new person*, as *revenue* of A, by *day 30*, of who was new in the *last 90 days*." */
export function LifetimeEditor({ query, onChange }: EditorProps<Query>) {
  const days = query.days_max ?? DAYS_DEFAULT;
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <MenuChip what="What to show" value={measureOf(query)} options={OPTIONS} onChange={(measure) => onChange({ ...query, measure })} />
      </div>
      <PaymentsLines payments={query.payments} onChange={(payments) => onChange({ ...query, payments })} />
      <div className={classes.line}>
        <Word>up to</Word>
        <NumberChip what="Last day" value={days} min={1} max={366} shown={`day ${days}`} onChange={(days_max) => onChange({ ...query, days_max })} />
        <Word>of who was new in the</Word>
        <RangeChip value={query.range} onChange={(range) => onChange({ ...query, range })} />
      </div>
      <div className={classes.line}>
        <SegmentChips of="the first event" add="Filter new people" event={undefined} query={query} onChange={onChange} />
      </div>
    </div>
  );
}
