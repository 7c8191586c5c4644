import { ActionIcon, Button, NumberInput, Select } from "@mantine/core";
import { ArrowUp } from "lucide-react";
import { useState } from "react";
import { BreakdownChip, EventLine, RangeChip, SegmentChips, UsersChip } from "../../edit/Common";
import { AddButton, MenuChip, PopChip, Word } from "../../edit/Chip";
import { Difference } from "../../edit/Difference";
import classes from "../../edit/edit.module.css";
import type { EditorProps } from "../../kind";
import { fitting, orderWords, windowParts, windowWords, WINDOW_UNITS, type Query } from "./model";
import { FunnelOptions } from "./Options";

const SPECIAL = ["_active", "_all"];
const STEPS_MAX = 10;
const WINDOW_MAX = 366 * 86_400;

/** "Of *active people* who did A, how many did B, C within *7 days*." */
export function FunnelEditor({ query, onChange }: EditorProps<Query>) {
  const steps = query.steps;
  const replace = (at: number, by: Query["steps"][number]) =>
    onChange({ ...query, steps: steps.map((old, index) => (index === at ? by : old)) });
  const raise = (at: number) => {
    const moved = [...steps];
    const [step] = moved.splice(at, 1);
    if (step) moved.splice(at - 1, 0, step);
    onChange({ ...query, steps: moved });
  };
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <Word>How many</Word>
        <UsersChip value={query.users} onChange={(users) => onChange(fitting({ ...query, users }))} />
        <Word>did these</Word>
        <MenuChip
          what="Order of the steps"
          value={query.order ?? "in_order"}
          options={ORDERS.map((value) => ({ value, label: orderWords(value) }))}
          onChange={(order) => onChange(fitting({ ...query, order }))}
        />
      </div>
      {steps.map((selector, index) => (
        <div key={index} style={{ position: "relative" }}>
          <EventLine
            mark={String(index + 1)}
            of={`Step ${index + 1}`}
            selector={selector}
            special={SPECIAL}
            onChange={(changed) => replace(index, changed)}
            onRemove={
              steps.length > 1
                ? () => onChange(fitting({ ...query, steps: steps.filter((_, at) => at !== index) }))
                : undefined
            }
          />
          {index > 0 ? (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={20}
              style={{ position: "absolute", top: -14, left: 10, background: "var(--sl-body)" }}
              aria-label={`Move step ${index + 1} up`}
              onClick={() => raise(index)}
            >
              <ArrowUp size={12} aria-hidden />
            </ActionIcon>
          ) : null}
        </div>
      ))}
      <div className={classes.line}>
        {steps.length < STEPS_MAX ? (
          <AddButton onClick={() => onChange({ ...query, steps: [...steps, { event: "" }] })}>Step</AddButton>
        ) : null}
        <SegmentChips of="the first step" add="Filter who starts" event={steps[0]?.event ?? undefined} query={query} onChange={onChange} />
      </div>
      <div className={classes.line}>
        <Word>within</Word>
        <WindowChip
          seconds={query.window_seconds ?? 86_400}
          onChange={(window_seconds) => onChange({ ...query, window_seconds })}
        />
        <Word>{query.order === "any" ? "of each other," : "of the first,"}</Word>
      </div>
      <div className={classes.line}>
        <BreakdownChip
          event={steps[(query.breakdown_step ?? 1) - 1]?.event ?? undefined}
          value={query.breakdown}
          onChange={(breakdown) => onChange({ ...query, breakdown, breakdown_step: breakdown ? query.breakdown_step : undefined })}
        />
        {query.breakdown && steps.length > 1 ? (
          <>
            <Word>at</Word>
            <MenuChip
              what="Read at step"
              value={String(query.breakdown_step ?? 1)}
              options={steps.map((_, index) => ({ value: String(index + 1), label: `step ${index + 1}` }))}
              onChange={(step) => onChange({ ...query, breakdown_step: Number(step) })}
            />
          </>
        ) : null}
        <Word>over the</Word>
        <RangeChip value={query.range} onChange={(range) => onChange({ ...query, range })} />
      </div>
      <FunnelOptions query={query} onChange={(changed) => onChange(fitting(changed))} />
      <Difference>
        The window runs from the first step, on the clock. A person counts on the deepest path, and among these the earliest; a later start can count. PostHog, too, but with 14 days where
        nothing is said; Mixpanel stays with the first start, with 7 days. An event that must not happen makes that path worthless; another path may do, where PostHog and Mixpanel drop the person or
        the attempt. In any order, step 1 must be there; PostHog takes any of the steps as the first. A breakdown reads the value on the path that was found, so a group and a filter on its
        value may differ. Totals: each event of the first step is a try, and each later event ends one; Mixpanel begins a new try only after the last is done or over. Times are cut to whole seconds.
      </Difference>
    </div>
  );
}

const ORDERS = ["in_order", "any", "exact"] as const;

function WindowChip({ seconds, onChange }: { seconds: number; onChange: (seconds: number) => void }) {
  return (
    <PopChip label={`Conversion window: ${windowWords(seconds)}. Change`} shown={windowWords(seconds)} width={240}>
      {(close) => (
        <WindowForm
          seconds={seconds}
          onDone={(changed) => {
            close();
            onChange(changed);
          }}
        />
      )}
    </PopChip>
  );
}

function WindowForm({ seconds, onDone }: { seconds: number; onDone: (seconds: number) => void }) {
  const parts = windowParts(seconds);
  const [count, setCount] = useState<number | string>(parts.count);
  const [unit, setUnit] = useState(String(parts.unit));
  const wanted = Number(count) * Number(unit);
  const isRight = Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= WINDOW_MAX;
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRight) onDone(wanted);
      }}
    >
      <div style={{ display: "flex", gap: 6 }}>
        <NumberInput aria-label="Length" min={1} value={count} onChange={setCount} flex={1} data-autofocus />
        <Select
          aria-label="Unit"
          data={WINDOW_UNITS}
          value={unit}
          allowDeselect={false}
          onChange={(chosen) => setUnit(chosen ?? unit)}
          comboboxProps={{ withinPortal: false }}
          flex={1}
        />
      </div>
      {isRight ? null : <span className={classes.type}>From 1 second to 366 days.</span>}
      <Button type="submit" size="xs" disabled={!isRight}>
        Apply
      </Button>
    </form>
  );
}
