// Numbers and lengths of time as words of the sentence.

import { Button, NumberInput, Select } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { PopChip } from "./Chip";
import classes from "./edit.module.css";

interface NumberChipProps {
  /** What it is, for screen readers and above the field. */
  what: string;
  value: number;
  min: number;
  max: number;
  shown: ReactNode;
  onChange: (value: number) => void;
}

export function NumberChip({ what, value, min, max, shown, onChange }: NumberChipProps) {
  return (
    <PopChip label={`${what}: ${value}. Change`} shown={shown} width={220}>
      {(close) => (
        <NumberForm
          {...{ what, value, min, max }}
          onDone={(changed) => {
            close();
            onChange(changed);
          }}
        />
      )}
    </PopChip>
  );
}

interface NumberFormProps {
  what: string;
  value: number;
  min: number;
  max: number;
  onDone: (value: number) => void;
}

function NumberForm({ what, value, min, max, onDone }: NumberFormProps) {
  const [count, setCount] = useState<number | string>(value);
  const wanted = Number(count);
  const isRight = Number.isInteger(wanted) && wanted >= min && wanted <= max;
  return (
    <form
      className={classes.sentence}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRight) onDone(wanted);
      }}
    >
      <NumberInput label={what} size="xs" min={min} max={max} value={count} onChange={setCount} data-autofocus />
      {isRight ? null : <span className={classes.type}>From {min} to {max}.</span>}
      <Button type="submit" size="xs" disabled={!isRight}>
        Apply
      </Button>
    </form>
  );
}

const UNITS = [
  { value: "1", label: "seconds" },
  { value: "60", label: "minutes" },
  { value: "3600", label: "hours" },
  { value: "86400", label: "days" },
];
const SECONDS_MAX = 366 * 86_400;

/** A length of time in the largest unit that fits. */
export function secondsWords(seconds: number): string {
  const unit = (seconds > 0 ? [...UNITS].reverse().find((one) => seconds % Number(one.value) === 0) : undefined) ?? { value: "1", label: "seconds" };
  const count = seconds / Number(unit.value);
  return count === 1 ? `1 ${unit.label.slice(0, -1)}` : `${count} ${unit.label}`;
}

interface SecondsChipProps {
  what: string;
  seconds: number;
  max?: number;
  onChange: (seconds: number) => void;
}

export function SecondsChip({ what, seconds, max = SECONDS_MAX, onChange }: SecondsChipProps) {
  return (
    <PopChip label={`${what}: ${secondsWords(seconds)}. Change`} shown={secondsWords(seconds)} width={240}>
      {(close) => (
        <SecondsForm
          {...{ what, seconds, max }}
          onDone={(changed) => {
            close();
            onChange(changed);
          }}
        />
      )}
    </PopChip>
  );
}

interface SecondsFormProps {
  what: string;
  seconds: number;
  max: number;
  onDone: (seconds: number) => void;
}

function SecondsForm({ what, seconds, max, onDone }: SecondsFormProps) {
  const first = [...UNITS].reverse().find((one) => seconds % Number(one.value) === 0)?.value ?? "1";
  const [unit, setUnit] = useState(first);
  const [count, setCount] = useState<number | string>(seconds / Number(first));
  const wanted = Number(count) * Number(unit);
  const isRight = Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= max;
  return (
    <form
      className={classes.sentence}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRight) onDone(wanted);
      }}
    >
      <div style={{ display: "flex", gap: 6 }}>
        <NumberInput aria-label={what} size="xs" min={1} value={count} onChange={setCount} flex={1} data-autofocus />
        <Select
          aria-label="Unit"
          size="xs"
          data={UNITS}
          value={unit}
          allowDeselect={false}
          onChange={(chosen) => setUnit(chosen ?? unit)}
          comboboxProps={{ withinPortal: false }}
          flex={1}
        />
      </div>
      {isRight ? null : <span className={classes.type}>From 1 second to {secondsWords(max)}.</span>}
      <Button type="submit" size="xs" disabled={!isRight}>
        Apply
      </Button>
    </form>
  );
}
