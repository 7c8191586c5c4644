import { Menu } from "@mantine/core";
import { useTimeZone } from "../../../../lib/timeZone";
import { BreakdownChip, EventLine, RangeChip, UsersChip } from "../../edit/Common";
import { AddButton, ChipButton, MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { FilterChips } from "../../edit/FilterChips";
import { PropertyPicker } from "../../edit/PropertyPicker";
import type { EditorProps } from "../../kind";
import { conditions, filtersOf, measureWords, type Comparison } from "../../model";
import { resolveRange, todayIn } from "../../range";
import { fitInterval, INTERVALS, letter, type Query } from "./model";

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
        <FilterChips
          of="all events"
          add="Filter all"
          event={one}
          filters={conditions(query.segment)}
          onChange={(segment) => onChange({ ...query, segment: filtersOf(segment) })}
        />
      </div>
      <div className={classes.line}>
        <BreakdownChip
          event={one}
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

const PLAIN = ["uniques", "totals", "active_percent", "average"] as const;

function MeasureChip({ query, onChange }: EditorProps<Query>) {
  const measure = query.measure ?? "uniques";
  const summed = typeof measure === "string" ? undefined : "sum" in measure ? measure.sum : measure.property_average;
  const isSum = typeof measure !== "string" && "sum" in measure;
  const event = query.events.length === 1 ? (query.events[0]?.event ?? undefined) : undefined;
  const withProperty = (property: { property: string; of?: Comparison["of"] }, sum: boolean): Query => ({
    ...query,
    measure: sum ? { sum: property } : { property_average: property },
  });
  return (
    <>
      <Menu position="bottom-start" shadow="none" withinPortal>
        <Menu.Target>
          <ChipButton label={`What to count: ${measureWords(measure)}. Change`}>
            {summed ? (isSum ? "Sum of" : "Average of") : measureWords(measure)}
          </ChipButton>
        </Menu.Target>
        <Menu.Dropdown>
          {PLAIN.map((one) => (
            <Menu.Item key={one} fw={measure === one ? 600 : undefined} onClick={() => onChange({ ...query, measure: one })}>
              {measureWords(one)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => onChange(withProperty(summed ?? { property: "" }, true))}>Sum of a property</Menu.Item>
          <Menu.Item onClick={() => onChange(withProperty(summed ?? { property: "" }, false))}>Average of a property</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {summed ? (
        <PropertyPicker
          event={event}
          type="number"
          value={summed.property === "" ? undefined : summed}
          label={summed.property === "" ? "Choose the property" : `Property: ${summed.property}. Change`}
          shown={summed.property === "" ? "a property" : summed.property}
          blank={summed.property === ""}
          onChange={(property) => onChange(withProperty(property, isSum))}
        />
      ) : null}
    </>
  );
}
