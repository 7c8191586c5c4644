// When something was done: in the last days, since, between dates, within days of the first event.

import { Button, NumberInput, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTimeZone } from "../../../lib/timeZone";
import { PopChip } from "../edit/Chip";
import { todayIn } from "../range";
import { withinWords, type Within } from "./model";

interface Props {
  value: Within | null | undefined;
  /** Of what, for screen readers. */
  of: string;
  onChange: (value: Within | undefined) => void;
  /** Whether "at any time" can be chosen. */
  canBeEver?: boolean;
}

export function WithinChip({ value, of, onChange, canBeEver = true }: Props) {
  return (
    <PopChip label={`When, ${of}: ${withinWords(value)}. Change`} shown={withinWords(value)} width={330}>
      {(close) => (
        <WithinForm
          value={value}
          canBeEver={canBeEver}
          onChange={(within) => {
            close();
            onChange(within);
          }}
        />
      )}
    </PopChip>
  );
}

const PRESETS = [1, 7, 30, 90];

function WithinForm({ value, canBeEver, onChange }: Omit<Props, "of"> & { canBeEver: boolean }) {
  const today = todayIn(useTimeZone());
  const [days, setDays] = useState<number | string>(value && "last_days" in value ? value.last_days : 30);
  const [firstDays, setFirstDays] = useState<number | string>(value && "first_days" in value ? value.first_days : 7);
  const [start, setStart] = useState(value && "start" in value ? value.start : value && "since" in value ? value.since : today);
  const [end, setEnd] = useState(value && "end" in value ? value.end : today);
  const isRight = start !== "" && end !== "" && start <= end;
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 10 }}>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 4 }}>
        {canBeEver ? (
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => onChange(undefined)}>
            At any time
          </Button>
        ) : null}
        {PRESETS.map((preset) => (
          <Button key={preset} size="compact-sm" variant="subtle" color="gray" onClick={() => onChange({ last_days: preset })}>
            {preset === 1 ? "Today" : `${preset} days`}
          </Button>
        ))}
      </div>
      <Line onSubmit={typeof days === "number" ? () => onChange({ last_days: days }) : undefined}>
        <NumberInput label="Last days, with today" size="xs" min={1} max={3660} value={days} onChange={setDays} flex={1} />
      </Line>
      <Line onSubmit={typeof firstDays === "number" ? () => onChange({ first_days: firstDays }) : undefined}>
        <NumberInput label="Days from the first event" size="xs" min={1} max={3660} value={firstDays} onChange={setFirstDays} flex={1} />
      </Line>
      <Line onSubmit={start !== "" ? () => onChange({ since: start }) : undefined} apply="Since">
        <TextInput type="date" label="From" size="xs" value={start} onChange={(event) => setStart(event.currentTarget.value)} flex={1} miw={0} />
      </Line>
      <Line onSubmit={isRight ? () => onChange({ start, end }) : undefined} apply="From, to">
        <TextInput type="date" label="To, inclusive" size="xs" value={end} onChange={(event) => setEnd(event.currentTarget.value)} flex={1} miw={0} error={isRight ? undefined : "Before the first day"} />
      </Line>
    </div>
  );
}

function Line({ onSubmit, apply = "Apply", children }: { onSubmit: (() => void) | undefined; apply?: string; children: ReactNode }) {
  return (
    <form
      style={{ display: "flex", gap: 6, alignItems: "end" }}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit?.();
      }}
    >
      {children}
      <Button type="submit" size="xs" variant="default" disabled={!onSubmit}>
        {apply}
      </Button>
    </form>
  );
}
