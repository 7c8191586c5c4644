// The words that questions of several kinds share: events with filters, breakdown, whom, range.

import { ActionIcon, Button, NumberInput, TextInput } from "@mantine/core";
import { X } from "lucide-react";
import { useState } from "react";
import { localTimeZone } from "../../../lib/time";
import { useTimeZone } from "../../../lib/timeZone";
import { conditions, eventWords, filtersOf, USERS_WORDS, type PropertyRef, type Range, type Selector, type Users } from "../model";
import { PRESETS, rangeWords, resolveRange, todayIn } from "../range";
import { MenuChip, PopChip, Word } from "./Chip";
import classes from "./edit.module.css";
import { EventPicker } from "./EventPicker";
import { FilterChips } from "./FilterChips";
import { PropertyPicker } from "./PropertyPicker";

interface EventLineProps {
  mark: string;
  of: string;
  selector: Selector;
  special: readonly string[];
  onChange: (selector: Selector) => void;
  onRemove?: (() => void) | undefined;
}

/** One event or step with its conditions. */
export function EventLine({ mark, of, selector, special, onChange, onRemove }: EventLineProps) {
  const several = selector.any_of ?? [];
  return (
    <div className={classes.event}>
      <div className={classes.head}>
        <span className={classes.letter} aria-hidden>
          {mark}
        </span>
        <span className={classes.grow}>
          {several.length > 0 ? (
            <span>{several.map((one) => eventWords(one.event)).join(" or ")}</span>
          ) : (
            <EventPicker
              of={of}
              value={selector.event ?? undefined}
              special={special}
              onChange={(event) => onChange({ ...selector, event })}
            />
          )}
        </span>
        {onRemove ? (
          <ActionIcon variant="subtle" color="gray" size={24} aria-label={`Remove ${of}`} onClick={onRemove}>
            <X size={14} aria-hidden />
          </ActionIcon>
        ) : null}
      </div>
      {selector.event || several.length > 0 ? (
        <div className={classes.filters}>
          <FilterChips
            of={of}
            event={selector.event ?? undefined}
            filters={conditions(selector.filters)}
            onChange={(filters) => onChange({ ...selector, filters: filtersOf(filters) })}
          />
        </div>
      ) : null}
    </div>
  );
}

interface SegmentProps<Q> {
  query: Q;
  /** What the conditions are about, for screen readers. */
  of: string;
  add: string;
  event: string | undefined;
  onChange: (query: Q) => void;
}

/** Conditions of the question as a whole. */
export function SegmentChips<Q extends { segment?: Selector["filters"] }>({ query, of, add, event, onChange }: SegmentProps<Q>) {
  return (
    <FilterChips
      of={of}
      add={add}
      event={event}
      filters={conditions(query.segment)}
      onChange={(segment) => onChange({ ...query, segment: filtersOf(segment) })}
    />
  );
}

interface BreakdownProps {
  event: string | undefined;
  value: PropertyRef | null | undefined;
  onChange: (value: PropertyRef | undefined) => void;
}

export function BreakdownChip({ event, value, onChange }: BreakdownProps) {
  const chosen = value ?? undefined;
  return (
    <span className={classes.head}>
      <Word>by</Word>
      <PropertyPicker
        event={event}
        value={chosen}
        label={chosen ? `Split by ${chosen.property}. Change` : "Split by a property"}
        shown={chosen ? chosen.property : "a property"}
        blank={!chosen}
        onChange={(property) => onChange(property)}
      />
      {chosen ? (
        <ActionIcon variant="subtle" color="gray" size={22} aria-label="Do not split" onClick={() => onChange(undefined)}>
          <X size={12} aria-hidden />
        </ActionIcon>
      ) : null}
    </span>
  );
}

export function UsersChip({ value, onChange }: { value: Users | undefined; onChange: (value: Users) => void }) {
  const options = (Object.keys(USERS_WORDS) as Users[]).map((one) => ({ value: one, label: USERS_WORDS[one] }));
  return (
    <MenuChip what="Whom to count" value={value ?? "active"} options={options} onChange={onChange} />
  );
}

interface RangeChipProps {
  value: Range;
  onChange: (value: Range) => void;
}

export function RangeChip({ value, onChange }: RangeChipProps) {
  return (
    <PopChip label={`Range of dates: ${rangeWords(value)}. Change`} shown={rangeWords(value)} width={330}>
      {(close) => (
        <RangeForm
          value={value}
          onChange={(range) => {
            close();
            onChange(range);
          }}
        />
      )}
    </PopChip>
  );
}

export function RangeForm({ value, onChange }: RangeChipProps) {
  const timeZone = useTimeZone();
  const resolved = resolveRange(value, todayIn(timeZone));
  const [start, setStart] = useState(resolved.start);
  const [end, setEnd] = useState(resolved.end);
  const [days, setDays] = useState<number | string>(resolved.days);
  const isRight = start !== "" && end !== "" && start <= end;
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 10 }}>
      <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: 4 }}>
        {PRESETS.map((preset) => {
          const isChosen = "last_days" in value && value.last_days === preset.days;
          return (
            <Button
              key={preset.days}
              size="compact-sm"
              variant={isChosen ? "light" : "subtle"}
              color={isChosen ? undefined : "gray"}
              justify="start"
              aria-pressed={isChosen}
              onClick={() => onChange({ last_days: preset.days })}
            >
              {preset.label}
            </Button>
          );
        })}
      </div>
      <form
        style={{ display: "flex", gap: 6, alignItems: "end" }}
        onSubmit={(event) => {
          event.preventDefault();
          if (typeof days === "number") onChange({ last_days: days });
        }}
      >
        <NumberInput label="Last days" size="xs" min={1} max={1100} value={days} onChange={setDays} flex={1} />
        <Button type="submit" size="xs" variant="default" disabled={typeof days !== "number"}>
          Apply
        </Button>
      </form>
      <form
        style={{ display: "flex", flexDirection: "column", gap: 6 }}
        onSubmit={(event) => {
          event.preventDefault();
          if (isRight) onChange({ start, end });
        }}
      >
        <div style={{ display: "flex", gap: 6 }}>
          <TextInput type="date" label="From" size="xs" value={start} onChange={(event) => setStart(event.currentTarget.value)} flex={1} miw={0} />
          <TextInput type="date" label="To, inclusive" size="xs" value={end} onChange={(event) => setEnd(event.currentTarget.value)} flex={1} miw={0} error={isRight ? undefined : "Before the first day"} />
        </div>
        <Button type="submit" size="xs" variant="default" disabled={!isRight}>
          Apply dates
        </Button>
      </form>
      <span className={classes.type}>Days begin at midnight in {timeZone ?? localTimeZone()}.</span>
    </div>
  );
}
