// What a trend may say besides events: segments side by side, figures over several intervals, the
// past, formulas.

import { ActionIcon, Button, Menu, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { X } from "lucide-react";
import { useState } from "react";
import { AddButton, ChipButton, PopChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { FilterChips } from "../../edit/FilterChips";
import type { EditorProps } from "../../kind";
import { conditions, filtersOf } from "../../model";
import { NumberForm } from "./Measure";
import { compareWords, letter, overTimeWords, rollingMax, segmentName, type Query } from "./model";

const SEGMENTS_MAX = 10;

/** Named sets of conditions; every event has a line for each. */
export function Segments({ query, event, onChange }: EditorProps<Query> & { event: string | undefined }) {
  const segments = query.segments ?? [];
  const replace = (at: number, by: (typeof segments)[number] | undefined) =>
    onChange({ ...query, segments: segments.flatMap((old, index) => (index === at ? (by ? [by] : []) : [old])) });
  return (
    <>
      {segments.map((segment, index) => (
        <div key={index} className={classes.event}>
          <div className={classes.head}>
            <span className={classes.letter} aria-hidden>
              {index + 1}
            </span>
            <span className={classes.grow}>
              <PopChip label={`Segment ${index + 1}: ${segmentName(query, index)}. Rename`} shown={segment.name ?? `Segment ${index + 1}`} width={240}>
                {(close) => (
                  <TextInput
                    label="Name"
                    defaultValue={segment.name ?? ""}
                    data-autofocus
                    onBlur={(at) => replace(index, { ...segment, name: at.currentTarget.value.trim() || null })}
                    onKeyDown={(key) => {
                      if (key.key !== "Enter") return;
                      replace(index, { ...segment, name: key.currentTarget.value.trim() || null });
                      close();
                    }}
                  />
                )}
              </PopChip>
            </span>
            <ActionIcon variant="subtle" color="gray" size={24} aria-label={`Remove segment ${index + 1}`} onClick={() => replace(index, undefined)}>
              <X size={14} aria-hidden />
            </ActionIcon>
          </div>
          <div className={classes.filters}>
            <FilterChips
              of={`segment ${index + 1}`}
              event={event}
              filters={conditions(segment.filters)}
              onChange={(filters) => replace(index, { ...segment, filters: filtersOf(filters) })}
            />
          </div>
        </div>
      ))}
      {segments.length < SEGMENTS_MAX ? (
        <div>
          <AddButton onClick={() => onChange({ ...query, segments: [...segments, { filters: [] }, ...(segments.length === 0 ? [{ filters: [] }] : [])] })}>
            {segments.length === 0 ? "Compare segments" : "Segment"}
          </AddButton>
        </div>
      ) : null}
    </>
  );
}

export function OverTimeChip({ query, onChange }: EditorProps<Query>) {
  const over = query.over_time ?? undefined;
  const n = typeof over === "object" ? ("rolling_average" in over ? over.rolling_average : over.rolling_window) : 7;
  const most = rollingMax(query);
  const set = (over_time: Query["over_time"]) => onChange({ ...query, over_time });
  const shown = overTimeWords(query) || "each for itself";
  return (
    <>
      <Menu position="bottom-start" shadow="none" withinPortal>
        <Menu.Target>
          <ChipButton label={`Intervals: ${shown}. Change`}>{shown}</ChipButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => set(undefined)}>Each for itself</Menu.Item>
          <Menu.Item onClick={() => set({ rolling_average: Math.min(n, most) })}>Rolling average: mean of the last intervals</Menu.Item>
          <Menu.Item onClick={() => set({ rolling_window: Math.min(n, most) })}>Rolling window: the last intervals as one</Menu.Item>
          <Menu.Item onClick={() => set("cumulative")}>Running total from the first day</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {typeof over === "object" ? (
        <PopChip label={`Intervals taken: ${n}. Change`} shown={String(n)} width={200}>
          {(close) => (
            <NumberForm
              label="Intervals"
              value={n}
              min={1}
              max={most}
              onDone={(taken) => {
                close();
                set("rolling_average" in over ? { rolling_average: taken } : { rolling_window: taken });
              }}
            />
          )}
        </PopChip>
      ) : null}
    </>
  );
}

type Unit = NonNullable<Query["compare"]>["unit"];
const UNITS: Unit[] = ["days", "weeks", "months", "quarters", "years"];

export function CompareChip({ query, onChange }: EditorProps<Query>) {
  const shift = query.compare ?? undefined;
  const shown = shift ? compareWords(shift) : "nothing";
  return (
    <PopChip label={`Compared with: ${shown}. Change`} shown={shown} width={250}>
      {(close) => (
        <CompareForm
          shift={shift}
          onDone={(compare) => {
            close();
            onChange({ ...query, compare });
          }}
        />
      )}
    </PopChip>
  );
}

function CompareForm({ shift, onDone }: { shift: Query["compare"]; onDone: (shift: Query["compare"]) => void }) {
  const [count, setCount] = useState<number | string>(shift?.count ?? 1);
  const [unit, setUnit] = useState<Unit>(shift?.unit ?? "weeks");
  const isRight = typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= 400;
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRight) onDone({ count, unit });
      }}
    >
      <div style={{ display: "flex", gap: 6 }}>
        <NumberInput aria-label="How many" min={1} max={400} value={count} onChange={setCount} flex={1} data-autofocus />
        <Select
          aria-label="Unit"
          data={UNITS}
          value={unit}
          allowDeselect={false}
          onChange={(chosen) => setUnit(UNITS.find((one) => one === chosen) ?? unit)}
          comboboxProps={{ withinPortal: false }}
          flex={1}
        />
      </div>
      <Button type="submit" size="xs" disabled={!isRight}>
        Compare
      </Button>
      {shift ? (
        <Button size="xs" variant="default" onClick={() => onDone(undefined)}>
          Compare with nothing
        </Button>
      ) : null}
    </form>
  );
}

export function FormulaChip({ query, onChange }: EditorProps<Query>) {
  const formula = query.formula ?? undefined;
  return (
    <span className={classes.head}>
      <Word>as</Word>
      <PopChip
        label={formula ? `Formula: ${formula}. Change` : "Write a formula"}
        shown={formula ?? "a formula"}
        blank={formula === undefined}
        width={360}
      >
        {(close) => (
          <FormulaForm
            query={query}
            onDone={(changed) => {
              close();
              onChange({ ...query, formula: changed });
            }}
          />
        )}
      </PopChip>
      {formula === undefined ? null : (
        <ActionIcon variant="subtle" color="gray" size={22} aria-label="Take the formula off" onClick={() => onChange({ ...query, formula: undefined })}>
          <X size={12} aria-hidden />
        </ActionIcon>
      )}
    </span>
  );
}

function FormulaForm({ query, onDone }: { query: Query; onDone: (formula: string | undefined) => void }) {
  const last = letter(Math.max(0, query.events.length - 1));
  const [text, setText] = useState(query.formula ?? (query.events.length > 1 ? `%: UNIQUES(${last}) / UNIQUES(A)` : "TOTALS(A) / UNIQUES(A)"));
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        onDone(text.trim() || undefined);
      }}
    >
      <Textarea aria-label="Formula" value={text} onChange={(event) => setText(event.currentTarget.value)} autosize minRows={2} styles={{ input: { fontFamily: "monospace" } }} data-autofocus />
      <span className={classes.type}>
        A to {last} are the events{(query.segments ?? []).length > 1 ? ", A1 is event A in segment 1" : ""}. UNIQUES, TOTALS, AVG, ACTIVE and FREQPERCENTILE(A, 0.9) of an
        event; PROPSUM(A, price), PROPAVG, PROPMIN, PROPMAX, PROPCOUNT, PROPCOUNTAVG, PERCENTILE(A, price, 0.9) of its property; REVENUETOTAL, ARPAU. ROLLAVG(UNIQUES, A, 7), ROLLWIN,
        ROLLWINBEFORE, CUMSUM(TOTALS, A) over time. LN, LOG, LOG10, EXP, POWER, SQRT, TRENDLINE. Several stand apart by “;”, “%:” before one writes percent, “$:” money.
      </span>
      <Button type="submit" size="xs">
        Apply
      </Button>
    </form>
  );
}
