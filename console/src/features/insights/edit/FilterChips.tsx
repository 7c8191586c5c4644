// Conditions of an event: `where plan is pro`. Groups of conditions (made through the API) are
// shown and can be taken off, not edited.

import { ActionIcon, Button, Select, TagsInput } from "@mantine/core";
import { X } from "lucide-react";
import { useState } from "react";
import { conditionWords, isComparison, opsFor, opWords, type Comparison, type Condition } from "../model";
import { AddButton, PopChip, Word } from "./Chip";
import classes from "./edit.module.css";
import { PropertyPicker, SCOPES, useProperties } from "./PropertyPicker";

interface Props {
  event: string | undefined;
  filters: Condition[];
  onChange: (filters: Condition[]) => void;
  /** What they are about, for screen readers. */
  of: string;
  add?: string;
}

export function FilterChips({ event, filters, onChange, of, add = "where" }: Props) {
  const [fresh, setFresh] = useState<number>();
  const replace = (index: number, by: Condition | undefined) =>
    onChange(by === undefined ? filters.filter((_, at) => at !== index) : filters.map((one, at) => (at === index ? by : one)));
  return (
    <>
      {filters.map((filter, index) => (
        <span key={`${index}:${conditionWords(filter)}`} className={classes.head}>
          <Word>{index === 0 ? "where" : "and"}</Word>
          {isComparison(filter) ? (
            <FilterChip
              event={event}
              filter={filter}
              startOpen={fresh === index}
              onChange={(changed) => {
                setFresh(undefined);
                replace(index, changed);
              }}
            />
          ) : (
            <span title="Made through the API; take it off to write another">{conditionWords(filter)}</span>
          )}
          <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Take off: ${conditionWords(filter)}`} onClick={() => replace(index, undefined)}>
            <X size={12} aria-hidden />
          </ActionIcon>
        </span>
      ))}
      <PropertyPicker
        event={event}
        value={undefined}
        label={`Filter ${of}`}
        shown=""
        onChange={(property, seen) => {
          setFresh(filters.length);
          const [op] = opsFor(seen?.types ?? []);
          onChange([...filters, { property: property.property, of: property.of ?? "event", op: op ?? "is", values: [] }]);
        }}
        target={(open) => (
          <AddButton onClick={open}>
            {add}
            <span className="visually-hidden">{`: filter ${of}`}</span>
          </AddButton>
        )}
      />
    </>
  );
}

interface ChipProps {
  event: string | undefined;
  filter: Comparison;
  startOpen: boolean;
  onChange: (filter: Comparison) => void;
}

function FilterChip({ event, filter, startOpen, onChange }: ChipProps) {
  const unfinished = filter.values.length === 0;
  return (
    <PopChip
      label={`Filter: ${conditionWords(filter)}. Change`}
      shown={unfinished ? `${filter.property} …` : conditionWords(filter)}
      blank={unfinished}
      startOpen={startOpen}
    >
      {(close) => <FilterForm event={event} filter={filter} onDone={(changed) => { close(); onChange(changed); }} />}
    </PopChip>
  );
}

function FilterForm({ event, filter, onDone }: { event: string | undefined; filter: Comparison; onDone: (filter: Comparison) => void }) {
  const { list } = useProperties(event);
  const seen = list.find((one) => one.name === filter.property && one.of === filter.of);
  const types = seen?.types ?? [];
  const ops = opsFor(types);
  const [op, setOp] = useState(filter.op);
  const [values, setValues] = useState(filter.values.map(String));
  const done = () => onDone({ ...filter, op, values: typed(values, types) });
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(submitted) => {
        submitted.preventDefault();
        // What was typed and not yet taken becomes a value when the field is left: by the press here.
        if (values.length > 0) done();
      }}
    >
      <div style={{ fontWeight: 600, lineHeight: "20px" }}>
        {filter.property} <span className={classes.type}>{SCOPES[filter.of]}{types.length > 0 ? `, ${types.join(" or ")}` : ""}</span>
      </div>
      <Select
        aria-label="Comparison"
        data={[...new Set([...ops, op])].map((one) => ({ value: one, label: opWords(one) }))}
        value={op}
        allowDeselect={false}
        onChange={(chosen) => setOp(chosen ?? op)}
        comboboxProps={{ withinPortal: false }}
      />
      {/* Side by side: the list of values opens below the field and would lie over the button. */}
      <div style={{ display: "flex", alignItems: "flex-end", gap: 8 }}>
        <TagsInput
          aria-label="Values"
          placeholder={values.length === 0 ? "A value, Enter for the next" : ""}
          data={["(none)", ...(seen?.samples ?? [])].filter((one, at, all) => all.indexOf(one) === at)}
          value={values}
          onChange={setValues}
          acceptValueOnBlur
          data-autofocus
          comboboxProps={{ withinPortal: false }}
          maxDropdownHeight={180}
          style={{ flex: 1, minWidth: 0 }}
        />
        <Button type="submit">
          Apply
        </Button>
      </div>
    </form>
  );
}

/** Numbers and truth values as such where the property was only seen as such. */
export function typed(values: readonly string[], types: readonly string[]): (string | number | boolean)[] {
  const only = types.filter((type) => type !== "null");
  return values.map((value) => {
    if (only.length === 1 && only[0] === "number" && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
    if (only.length === 1 && only[0] === "boolean" && (value === "true" || value === "false")) return value === "true";
    return value;
  });
}
