import { RangeChip, SegmentChips } from "../../edit/Common";
import { MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { PropertyPicker } from "../../edit/PropertyPicker";
import type { EditorProps } from "../../kind";
import type { Query } from "./model";

/** "Active people by *plan*, *the most recent value*, over the *last 30 days*." */
export function CompositionEditor({ query, onChange }: EditorProps<Query>) {
  const { property } = query;
  const isBlank = property.property === "";
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <Word>Active people by</Word>
        <PropertyPicker
          event={undefined}
          value={isBlank ? undefined : property}
          label={isBlank ? "Choose a property" : `Property: ${property.property}. Change`}
          shown={isBlank ? "a property" : property.property}
          blank={isBlank}
          onChange={(chosen) => onChange({ ...query, property: chosen })}
        />
        <MenuChip
          what="Which value"
          value={query.values ?? "most_recent"}
          options={[
            { value: "most_recent", label: "the most recent value" },
            { value: "all", label: "all values they had" },
          ]}
          onChange={(values) => onChange({ ...query, values })}
        />
      </div>
      <div className={classes.line}>
        <SegmentChips of="events" add="Filter events" event={undefined} query={query} onChange={onChange} />
      </div>
      <div className={classes.line}>
        <Word>over the</Word>
        <RangeChip value={query.range} onChange={(range) => onChange({ ...query, range })} />
      </div>
    </div>
  );
}
