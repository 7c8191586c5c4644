// What a trend counts: people, events, or a property of them.

import { Button, Menu, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { ChipButton, PopChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { PropertyPicker } from "../../edit/PropertyPicker";
import type { EditorProps } from "../../kind";
import { measureWords, type PropertyRef } from "../../model";
import { binsText, readBins, type Query } from "./model";

type Measure = NonNullable<Query["measure"]>;
type Bins = { min: number; max: number }[];

const PLAIN = ["uniques", "totals", "active_percent", "average"] as const;

/** Measures of a property: what the menu says, what stands in the sentence, numbers only. */
const OF_PROPERTY = [
  { key: "sum", menu: "Sum of a property", words: "Sum of", numbers: true },
  { key: "property_average", menu: "Average of a property", words: "Average of", numbers: true },
  { key: "minimum", menu: "Smallest value of a property", words: "Smallest", numbers: true },
  { key: "maximum", menu: "Largest value of a property", words: "Largest", numbers: true },
  { key: "median", menu: "Median of a property", words: "Median of", numbers: true },
  { key: "percentile", menu: "Percentile of a property", words: "Percentile of", numbers: true },
  { key: "distinct_values", menu: "Distinct values of a property", words: "Distinct values of", numbers: false },
  { key: "distinct_per_user", menu: "Distinct values per person", words: "Distinct values per person of", numbers: false },
  { key: "histogram", menu: "Events by value of a property", words: "Events by value of", numbers: false },
] as const;
type PropertyKey = (typeof OF_PROPERTY)[number]["key"];

function propertyOf(measure: Measure): { key: PropertyKey; property: PropertyRef } | undefined {
  if (typeof measure === "string") return undefined;
  for (const { key } of OF_PROPERTY) {
    const of = (measure as Partial<Record<PropertyKey, PropertyRef>>)[key];
    if (of) return { key, property: { property: of.property, of: of.of ?? "event" } };
  }
  return undefined;
}

function withProperty(key: PropertyKey, property: PropertyRef, was: Measure): Measure {
  if (key === "percentile") {
    const percentile = typeof was === "object" && "percentile" in was ? was.percentile.percentile : 90;
    return { percentile: { ...property, percentile } };
  }
  if (key === "histogram") {
    const bins = typeof was === "object" && "histogram" in was ? was.histogram.bins : undefined;
    return { histogram: { ...property, ...(bins ? { bins } : {}) } };
  }
  return { [key]: property } as unknown as Measure;
}

export function MeasureChip({ query, onChange }: EditorProps<Query>) {
  const measure = query.measure ?? "uniques";
  const of = propertyOf(measure);
  const kind = OF_PROPERTY.find((one) => one.key === of?.key);
  const event = query.events.length === 1 ? (query.events[0]?.event ?? undefined) : undefined;
  const set = (changed: Measure) => onChange({ ...query, measure: changed });
  return (
    <>
      <Menu position="bottom-start" shadow="none" withinPortal>
        <Menu.Target>
          <ChipButton label={`What to count: ${measureWords(measure)}. Change`}>{kind ? kind.words : measureWords(measure)}</ChipButton>
        </Menu.Target>
        <Menu.Dropdown>
          {PLAIN.map((one) => (
            <Menu.Item key={one} fw={measure === one ? 600 : undefined} onClick={() => set(one)}>
              {measureWords(one)}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => set({ frequency: {} })}>How often people did it</Menu.Item>
          <Menu.Divider />
          {OF_PROPERTY.map((one) => (
            <Menu.Item key={one.key} fw={kind === one ? 600 : undefined} onClick={() => set(withProperty(one.key, of?.property ?? { property: "" }, measure))}>
              {one.menu}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {of && kind ? (
        <PropertyPicker
          event={event}
          {...(kind.numbers ? { type: "number" } : {})}
          value={of.property.property === "" ? undefined : of.property}
          label={of.property.property === "" ? "Choose the property" : `Property: ${of.property.property}. Change`}
          shown={of.property.property === "" ? "a property" : of.property.property}
          blank={of.property.property === ""}
          onChange={(property) => set(withProperty(of.key, property, measure))}
        />
      ) : null}
      <PercentileChip measure={measure} onChange={set} />
      <BinsChip measure={measure} onChange={set} />
    </>
  );
}

interface Props {
  measure: Measure;
  onChange: (measure: Measure) => void;
}

function PercentileChip({ measure, onChange }: Props) {
  if (typeof measure === "string" || !("percentile" in measure)) return null;
  const of = measure.percentile;
  return (
    <>
      <Word>at</Word>
      <PopChip label={`Percentile: ${of.percentile}. Change`} shown={`${of.percentile} %`} width={200}>
        {(close) => (
          <NumberForm
            label="From 0 to 100"
            value={of.percentile}
            min={0}
            max={100}
            onDone={(percentile) => {
              close();
              onChange({ percentile: { ...of, percentile } });
            }}
          />
        )}
      </PopChip>
    </>
  );
}

function BinsChip({ measure, onChange }: Props) {
  if (typeof measure === "string") return null;
  const isTimes = "frequency" in measure;
  if (!isTimes && !("histogram" in measure)) return null;
  const bins: Bins = (isTimes ? measure.frequency.bins : measure.histogram.bins) ?? [];
  const set = (changed: Bins) =>
    onChange(isTimes ? { frequency: { bins: changed } } : { histogram: { ...measure.histogram, bins: changed } });
  const shown = bins.length === 0 ? (isTimes ? "each number of times" : "each value") : `${bins.length} bins`;
  return (
    <>
      <Word>in</Word>
      <PopChip label={`Bins: ${shown}. Change`} shown={shown} width={260}>
        {(close) => (
          <BinsForm
            bins={bins}
            onDone={(changed) => {
              close();
              set(changed);
            }}
          />
        )}
      </PopChip>
    </>
  );
}

function BinsForm({ bins, onDone }: { bins: Bins; onDone: (bins: Bins) => void }) {
  const [text, setText] = useState(binsText(bins));
  const read = readBins(text);
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (read) onDone(read);
      }}
    >
      <TextInput
        label="Edges of the bins"
        description="0, 10, 50 is from 0 to before 10 and from 10 to before 50. Empty: each for itself."
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={read ? undefined : "Numbers in ascending order"}
        data-autofocus
      />
      <Button type="submit" size="xs" disabled={!read}>
        Apply
      </Button>
    </form>
  );
}

interface NumberFormProps {
  label: string;
  value: number;
  min: number;
  max: number;
  onDone: (value: number) => void;
}

export function NumberForm({ label, value, min, max, onDone }: NumberFormProps) {
  const [typed, setTyped] = useState<number | string>(value);
  const isRight = typeof typed === "number" && typed >= min && typed <= max;
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRight) onDone(typed);
      }}
    >
      <NumberInput label={label} min={min} max={max} value={typed} onChange={setTyped} data-autofocus />
      {isRight ? null : <span className={classes.type}>From {min} to {max}.</span>}
      <Button type="submit" size="xs" disabled={!isRight}>
        Apply
      </Button>
    </form>
  );
}
