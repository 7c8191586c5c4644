import { Button, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { BreakdownChip, EventLine, RangeChip, SegmentChips } from "../../edit/Common";
import { MenuChip, PopChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import type { EditorProps } from "../../kind";
import { bracketsText, INDEX_MAX, periodsOf, readBrackets, unitOf, type Query, type Unit } from "./model";

const STARTS = ["_new", "_active", "_all"];
const RETURNS = ["_active", "_all"];
const UNITS: { value: Unit; label: string }[] = [
  { value: "day", label: "day" },
  { value: "week", label: "week" },
  { value: "month", label: "month" },
];
const USUAL_BRACKETS = [[0, 1], [1, 4], [4, 8], [8, 15], [15, 31]];

/** "Of people who did A, how many came back and did B on each *day*, up to *14*, over the *last 30 days*." */
export function RetentionEditor({ query, onChange }: EditorProps<Query>) {
  const first = query.start.event ?? undefined;
  const unit = unitOf(query);
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <Word>Of the people who did</Word>
      </div>
      <EventLine mark="1" of="Start" selector={query.start} special={STARTS} onChange={(start) => onChange({ ...query, start })} />
      <div className={classes.line}>
        <SegmentChips of="the start" add="Filter who starts" event={first} query={query} onChange={onChange} />
      </div>
      <div className={classes.line}>
        <Word>how many came back and did</Word>
      </div>
      <EventLine mark="2" of="Return" selector={query.returning} special={RETURNS} onChange={(returning) => onChange({ ...query, returning })} />
      <div className={classes.line}>
        <ModeChip query={query} onChange={onChange} />
        <Word>each</Word>
        <MenuChip
          what="Unit"
          value={unit}
          options={UNITS}
          onChange={(chosen) => onChange({ ...query, unit: chosen, periods: chosen === unit ? query.periods : undefined })}
        />
        <PeriodsChip query={query} onChange={onChange} />
      </div>
      <div className={classes.line}>
        <Word>counted</Word>
        <MenuChip
          what="Periods are counted"
          value={query.windows ?? "from_start"}
          options={[
            { value: "from_start", label: START_WORDS[unit] },
            { value: "calendar", label: `by calendar ${unit}s` },
          ]}
          onChange={(windows) => onChange({ ...query, windows })}
        />
      </div>
      <div className={classes.line}>
        <BreakdownChip event={first} value={query.breakdown} onChange={(breakdown) => onChange({ ...query, breakdown })} />
        <Word>over the</Word>
        <RangeChip value={query.range} onChange={(range) => onChange({ ...query, range })} />
      </div>
    </div>
  );
}

const START_WORDS: Record<Unit, string> = {
  day: "in 24 hours from the start",
  week: "in 7 days from the start",
  month: "in 30 days from the start",
};

function ModeChip({ query, onChange }: EditorProps<Query>) {
  const mode = query.mode ?? "on";
  const change = (to: "on" | "on_or_after" | "brackets") =>
    onChange(to === "brackets" ? { ...query, mode: { brackets: USUAL_BRACKETS }, periods: undefined } : { ...query, mode: to });
  return (
    <MenuChip
      what="Counts as come back"
      value={typeof mode === "string" ? mode : "brackets"}
      options={[
        { value: "on", label: "on" },
        { value: "on_or_after", label: "on or after" },
        { value: "brackets", label: "within spans of" },
      ]}
      onChange={change}
    />
  );
}

function PeriodsChip({ query, onChange }: EditorProps<Query>) {
  const { mode } = query;
  const brackets = typeof mode === "object" ? mode.brackets : undefined;
  const unit = unitOf(query);
  const shown = brackets ? bracketsText(brackets) : `up to ${unit} ${periodsOf(query)}`;
  return (
    <PopChip label={brackets ? `Spans: ${shown}. Change` : `Columns ${shown}. Change`} shown={shown} width={260}>
      {(close) =>
        brackets ? (
          <BracketsForm
            brackets={brackets}
            unit={unit}
            onDone={(changed) => {
              close();
              onChange({ ...query, mode: { brackets: changed } });
            }}
          />
        ) : (
          <PeriodsForm
            periods={periodsOf(query)}
            unit={unit}
            onDone={(periods) => {
              close();
              onChange({ ...query, periods });
            }}
          />
        )
      }
    </PopChip>
  );
}

function PeriodsForm({ periods, unit, onDone }: { periods: number; unit: Unit; onDone: (periods: number) => void }) {
  const [count, setCount] = useState<number | string>(periods);
  const wanted = Number(count);
  const isRight = Number.isInteger(wanted) && wanted >= 1 && wanted <= INDEX_MAX;
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRight) onDone(wanted);
      }}
    >
      <NumberInput label={`Last ${unit} shown`} min={1} max={INDEX_MAX} value={count} onChange={setCount} data-autofocus />
      {isRight ? null : <span className={classes.type}>From 1 to {INDEX_MAX}.</span>}
      <Button type="submit" size="xs" disabled={!isRight}>
        Apply
      </Button>
    </form>
  );
}

interface BracketsProps {
  brackets: number[][];
  unit: Unit;
  onDone: (brackets: number[][]) => void;
}

function BracketsForm({ brackets, unit, onDone }: BracketsProps) {
  const [text, setText] = useState(bracketsText(brackets));
  const wanted = readBrackets(text);
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted) onDone(wanted);
      }}
    >
      <TextInput
        label={`Spans of ${unit}s`}
        description="Such as 0, 1-3, 4-7; both ends count."
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={wanted ? undefined : `Numbers or spans up to ${INDEX_MAX}, with commas`}
        data-autofocus
      />
      <Button type="submit" size="xs" disabled={!wanted}>
        Apply
      </Button>
    </form>
  );
}
