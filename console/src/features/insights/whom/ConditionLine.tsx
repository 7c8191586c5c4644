// One condition on people, as the words of a sentence that can be changed.

import { ActionIcon, Button, NumberInput, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { messageOf } from "../../../api/errors";
import { cohortsQuery, type PeopleCondition } from "../../../api/queries/cohorts";
import { AddButton, MenuChip, PopChip, Word } from "../edit/Chip";
import classes from "../edit/edit.module.css";
import { EventPicker } from "../edit/EventPicker";
import { FilterChips } from "../edit/FilterChips";
import { Picker } from "../edit/Picker";
import { PropertyPicker } from "../edit/PropertyPicker";
import { conditions, filtersOf, type PropertyRef, type Selector } from "../model";
import { COMPARE, MORE, heldFilter, ordinal, spanWords, withFilter, type Compare, type ConditionOf, type Within } from "./model";
import { WithinChip } from "./WithinChip";

const SPECIAL = ["_active", "_all"];
const STEPS_MAX = 5;
const OCCURRENCES = ["1", "2", "3", "4", "5"] as const;

interface Props<C extends PeopleCondition = PeopleCondition> {
  condition: C;
  /** Which one, for screen readers. */
  of: string;
  own?: string | undefined;
  onChange: (condition: PeopleCondition) => void;
}

export function ConditionLine({ condition, of, own, onChange }: Props) {
  switch (condition.kind) {
    case "performed":
      return <Performed condition={condition} of={of} onChange={onChange} />;
    case "performed_more":
      return <PerformedMore condition={condition} of={of} onChange={onChange} />;
    case "on_days":
      return <OnDays condition={condition} of={of} onChange={onChange} />;
    case "sequence":
      return <Sequence condition={condition} of={of} onChange={onChange} />;
    case "occurrence":
      return <Occurrence condition={condition} of={of} onChange={onChange} />;
    case "sum":
    case "distinct_values":
      return <Amount condition={condition} of={of} onChange={onChange} />;
    case "property":
      return <Held condition={condition} of={of} onChange={onChange} />;
    case "active":
      return (
        <>
          <Word>{condition.kind === "active" ? "were active" : ""}</Word>
          <WithinChip value={condition.within} of={of} onChange={(within) => onChange({ ...condition, within })} />
        </>
      );
    case "new":
      return (
        <>
          <Word>were new</Word>
          <WithinChip value={condition.within} of={of} canBeEver={false} onChange={(within) => (within ? onChange({ ...condition, within }) : undefined)} />
        </>
      );
    case "in_cohort":
      return (
        <>
          <Word>are in</Word>
          <CohortPicker value={condition.cohort} own={own} onChange={(cohort) => onChange({ ...condition, cohort })} />
        </>
      );
  }
}

function Performed({ condition, of, onChange }: Props<ConditionOf<"performed">>) {
  return (
    <>
      <Word>did</Word>
      <EventWords selector={condition.event} of={of} onChange={(event) => onChange({ ...condition, event })} />
      <CompareChip value={condition.op} of={of} words={COMPARE} onChange={(op) => onChange({ ...condition, op })} />
      <NumberChip value={condition.count ?? 1} of={of} unit="times" onChange={(count) => onChange({ ...condition, count })} />
      <WithinChip value={condition.within} of={of} onChange={(within) => onChange({ ...condition, within })} />
    </>
  );
}

function PerformedMore({ condition, of, onChange }: Props<ConditionOf<"performed_more">>) {
  return (
    <>
      <Word>did</Word>
      <EventWords selector={condition.event} of={of} onChange={(event) => onChange({ ...condition, event })} />
      <CompareChip value={condition.op ?? "greater"} of={of} words={MORE} onChange={(op) => onChange({ ...condition, op })} />
      <EventWords selector={condition.than} of={`${of}, compared with`} onChange={(than) => onChange({ ...condition, than })} />
      <WithinChip value={condition.within} of={of} onChange={(within) => onChange({ ...condition, within })} />
    </>
  );
}

function OnDays({ condition, of, onChange }: Props<ConditionOf<"on_days">>) {
  return (
    <>
      <Word>did</Word>
      <EventWords selector={condition.event} of={of} onChange={(event) => onChange({ ...condition, event })} />
      <Word>on</Word>
      <CompareChip value={condition.op} of={of} words={COMPARE} onChange={(op) => onChange({ ...condition, op })} />
      <NumberChip value={condition.days} of={of} unit="days" onChange={(days) => onChange({ ...condition, days })} />
      <WithinChip value={condition.within} of={of} onChange={(within) => onChange({ ...condition, within })} />
    </>
  );
}

function Occurrence({ condition, of, onChange }: Props<ConditionOf<"occurrence">>) {
  const options = OCCURRENCES.map((value) => ({ value, label: ordinal(Number(value)) }));
  const value = OCCURRENCES[condition.number - 1] ?? "1";
  return (
    <>
      <Word>did</Word>
      <EventWords selector={condition.event} of={of} onChange={(event) => onChange({ ...condition, event })} />
      <Word>for the</Word>
      <MenuChip what={`${of}, which time`} value={value} options={options} onChange={(number) => onChange({ ...condition, number: Number(number) })} />
      <Word>time</Word>
      <WithinChip value={condition.within} of={of} onChange={(within) => onChange({ ...condition, within })} />
    </>
  );
}

function Amount({ condition, of, onChange }: Props<ConditionOf<"sum"> | ConditionOf<"distinct_values">>) {
  const isSum = condition.kind === "sum";
  const { property } = condition;
  const changed = (next: PropertyRef) => onChange({ ...condition, property: next } as PeopleCondition);
  return (
    <>
      <Word>have</Word>
      <CompareChip value={condition.op} of={of} words={COMPARE} onChange={(op) => onChange({ ...condition, op } as PeopleCondition)} />
      {isSum ? (
        <NumberChip value={condition.value} of={of} unit="" onChange={(value) => onChange({ ...condition, value })} />
      ) : (
        <NumberChip value={condition.count} of={of} unit="values" onChange={(count) => onChange({ ...condition, count })} />
      )}
      <Word>{isSum ? "as the sum of" : "of"}</Word>
      <PropertyPicker
        event={condition.event.event ?? undefined}
        {...(isSum ? { type: "number" } : {})}
        value={property.property === "" ? undefined : property}
        label={property.property === "" ? `${of}: choose a property` : `${of}, property: ${property.property}. Change`}
        shown={property.property === "" ? "a property" : property.property}
        blank={property.property === ""}
        onChange={changed}
      />
      <Word>over</Word>
      <EventWords selector={condition.event} of={of} onChange={(event) => onChange({ ...condition, event } as PeopleCondition)} />
      <WithinChip value={condition.within} of={of} onChange={(within) => onChange({ ...condition, within } as PeopleCondition)} />
    </>
  );
}

function Sequence({ condition, of, onChange }: Props<ConditionOf<"sequence">>) {
  const { steps } = condition;
  const replace = (index: number, by: Selector) => onChange({ ...condition, steps: steps.map((one, at) => (at === index ? by : one)) });
  return (
    <>
      <Word>did</Word>
      {steps.map((step, index) => (
        <span key={index} className={classes.line}>
          {index === 0 ? null : <Word>then</Word>}
          <EventWords selector={step} of={`${of}, step ${index + 1}`} onChange={(changed) => replace(index, changed)} />
          {steps.length > 2 ? (
            <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Remove step ${index + 1} from ${of}`} onClick={() => onChange({ ...condition, steps: steps.filter((_, at) => at !== index) })}>
              <X size={12} aria-hidden />
            </ActionIcon>
          ) : null}
        </span>
      ))}
      {steps.length < STEPS_MAX ? <AddButton onClick={() => onChange({ ...condition, steps: [...steps, { event: "" }] })}>then</AddButton> : null}
      <SpanChip value={condition.in_seconds ?? undefined} of={of} onChange={(in_seconds) => onChange({ ...condition, in_seconds })} />
      <WithinChip value={condition.within} of={of} onChange={(within) => onChange({ ...condition, within })} />
    </>
  );
}

const HELD = [
  { value: "now", label: "have now" },
  { value: "most_recently", label: "had most recently" },
  { value: "any_time", label: "had at some time" },
] as const;

function Held({ condition, of, onChange }: Props<ConditionOf<"property">>) {
  const filter = heldFilter(condition);
  const isTrait = filter !== undefined && "property" in filter && filter.of === "user";
  const at = condition.at ?? "any_time";
  return (
    <>
      <MenuChip
        what={`${of}, when they had it`}
        value={at}
        options={HELD.map((one) => ({ ...one, disabled: one.value === "now" && filter !== undefined && !isTrait }))}
        onChange={(next) => onChange({ ...condition, at: next, within: next === "now" ? undefined : condition.within })}
      />
      <FilterChips
        of={of}
        event={undefined}
        add={filter ? "another instead" : "a property or trait"}
        filters={filter ? [filter] : []}
        onChange={(list) => {
          const last = list.at(-1);
          if (!last) return onChange({ ...condition, filter: {} });
          const nowTrait = "property" in last && last.of === "user";
          onChange({ ...withFilter(condition, last), at: nowTrait ? at : at === "now" ? "most_recently" : at });
        }}
      />
      {at === "now" ? null : <WithinChip value={condition.within} of={of} onChange={(within: Within | undefined) => onChange({ ...condition, within })} />}
    </>
  );
}

function EventWords({ selector, of, onChange }: { selector: Selector; of: string; onChange: (selector: Selector) => void }) {
  const event = selector.event ?? undefined;
  return (
    <>
      <EventPicker of={of} value={event === "" ? undefined : event} special={SPECIAL} onChange={(chosen) => onChange({ ...selector, event: chosen })} />
      {event ? (
        <FilterChips of={of} event={event} filters={conditions(selector.filters)} onChange={(filters) => onChange({ ...selector, filters: filtersOf(filters) })} />
      ) : null}
    </>
  );
}

function CompareChip({ value, of, words, onChange }: { value: Compare | undefined; of: string; words: Record<Compare, string>; onChange: (op: Compare) => void }) {
  const options = (Object.keys(words) as Compare[]).map((op) => ({ value: op, label: words[op] }));
  return <MenuChip what={`${of}, comparison`} value={value ?? "greater_or_equal"} options={options} onChange={onChange} />;
}

function NumberChip({ value, of, unit, onChange }: { value: number; of: string; unit: string; onChange: (value: number) => void }) {
  const shown = unit === "times" && value === 1 ? "once" : `${value} ${unit}`.trim();
  return (
    <PopChip label={`${of}, number: ${shown}. Change`} shown={shown} width={200}>
      {(close) => (
        <NumberForm
          value={value}
          whole={unit !== ""}
          onChange={(next) => {
            close();
            onChange(next);
          }}
        />
      )}
    </PopChip>
  );
}

function NumberForm({ value, whole, onChange }: { value: number; whole: boolean; onChange: (value: number) => void }) {
  const [typed, setTyped] = useState<number | string>(value);
  return (
    <form
      style={{ display: "flex", gap: 6 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (typeof typed === "number") onChange(typed);
      }}
    >
      <NumberInput aria-label="Number" size="xs" allowDecimal={!whole} {...(whole ? { min: 0 } : {})} value={typed} onChange={setTyped} data-autofocus flex={1} />
      <Button type="submit" size="xs" disabled={typeof typed !== "number"}>
        Apply
      </Button>
    </form>
  );
}

const UNITS = { "1": "seconds", "60": "minutes", "3600": "hours", "86400": "days" } as const;

function SpanChip({ value, of, onChange }: { value: number | undefined; of: string; onChange: (seconds: number | undefined) => void }) {
  const shown = value === undefined ? "however long it took" : `within ${spanWords(value)}`;
  return (
    <PopChip label={`${of}, longest time: ${shown}. Change`} shown={shown} width={280}>
      {(close) => (
        <SpanForm
          value={value}
          onChange={(seconds) => {
            close();
            onChange(seconds);
          }}
        />
      )}
    </PopChip>
  );
}

function SpanForm({ value, onChange }: { value: number | undefined; onChange: (seconds: number | undefined) => void }) {
  const begin = ["86400", "3600", "60", "1"].find((unit) => (value ?? 86_400) % Number(unit) === 0) ?? "1";
  const [unit, setUnit] = useState(begin);
  const [count, setCount] = useState<number | string>((value ?? 7 * 86_400) / Number(begin));
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (typeof count === "number") onChange(count * Number(unit));
      }}
    >
      <div style={{ display: "flex", gap: 6 }}>
        <NumberInput aria-label="Longest time" size="xs" min={1} allowDecimal={false} value={count} onChange={setCount} data-autofocus flex={1} />
        <Select
          aria-label="Unit"
          size="xs"
          data={Object.entries(UNITS).map(([of, label]) => ({ value: of, label }))}
          value={unit}
          allowDeselect={false}
          onChange={(chosen) => setUnit(chosen ?? unit)}
          comboboxProps={{ withinPortal: false }}
          flex={1}
        />
      </div>
      <Button type="submit" size="xs" disabled={typeof count !== "number" || count < 1}>
        Apply
      </Button>
      <Button size="xs" variant="subtle" color="gray" onClick={() => onChange(undefined)}>
        However long it took
      </Button>
    </form>
  );
}

export function CohortPicker({ value, own, onChange }: { value: string; own?: string | undefined; onChange: (cohort: string) => void }) {
  const cohorts = useQuery(cohortsQuery);
  const options = (cohorts.data ?? [])
    .filter((one) => one.id !== own)
    .map((one) => ({ value: one.id, label: one.name, side: one.listed === undefined || one.listed === null ? "" : "list", detail: one.description === "" ? undefined : one.description }));
  const name = cohorts.data?.find((one) => one.id === value)?.name;
  const shown = value === "" ? "a cohort" : (name ?? (cohorts.isPending ? "…" : "a cohort that was deleted"));
  return (
    <Picker
      what="cohorts"
      label={value === "" ? "Choose a cohort" : `Cohort: ${shown}. Change`}
      shown={shown}
      blank={value === ""}
      value={value === "" ? undefined : value}
      options={options}
      loading={cohorts.isPending}
      failed={cohorts.isError ? messageOf(cohorts.error) : undefined}
      onChange={onChange}
    />
  );
}
