// One field of a mapping: a text for a value, rows for an object.

import { ActionIcon, Autocomplete, Button, Textarea } from "@mantine/core";
import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import type { ActionField } from "../../api/queries/subscriptions";
import { Markdown } from "../../components/Markdown";
import { type Draft, otherWay, type Row } from "./mapping";
import classes from "./mappings.module.css";

const PLACEHOLDER = "$.properties.name, $.a ?? $.b, {{properties.name}}, text or JSON";

interface Props {
  field: ActionField;
  draft: Draft;
  problem: string | undefined;
  disabled: boolean;
  onChange: (draft: Draft) => void;
}

export function MappingField({ field, draft, problem, disabled, onChange }: Props) {
  const switchWay = field.type === "object" && field.multiple !== true && !disabled ? (
    <button type="button" className={classes.way} onClick={() => onChange(otherWay(draft, field))}>
      {"rows" in draft ? "Write as one value" : "Write field by field"}
      <span className="visually-hidden"> of {field.label}</span>
    </button>
  ) : null;
  if ("rows" in draft) {
    return (
      <Rows field={field} rows={draft.rows} problem={problem} disabled={disabled} onChange={onChange}>
        {switchWay}
      </Rows>
    );
  }
  const choices = choicesOf(field);
  const shared = {
    label: field.label,
    description: <Description field={field} />,
    descriptionProps: { component: "div" as const },
    placeholder: PLACEHOLDER,
    value: draft.text,
    disabled,
    error: problem,
    required: field.required === true,
    classNames: { input: classes.code ?? "" },
  };
  return (
    <div>
      {choices.length > 0 ? (
        <Autocomplete {...shared} data={choices} onChange={(text) => onChange({ text })} filter={({ options }) => options} />
      ) : (
        <Textarea {...shared} autosize maxRows={14} spellCheck={false} onChange={(event) => onChange({ text: event.currentTarget.value })} />
      )}
      {switchWay}
    </div>
  );
}

/** What may be typed as it is; anything else is still taken. */
function choicesOf(field: ActionField): string[] {
  if (field.type === "boolean") return ["true", "false"];
  const choices = Array.isArray(field.choices) ? field.choices : [];
  return [...new Set(choices.map((choice) => String(typeof choice === "object" ? choice.value : choice)))];
}

function Description({ field }: { field: ActionField }) {
  return field.description ? <Markdown text={field.description} /> : null;
}

interface RowsProps {
  field: ActionField;
  rows: Row[];
  problem: string | undefined;
  disabled: boolean;
  onChange: (draft: Draft) => void;
  children: ReactNode;
}

function Rows({ field, rows, problem, disabled, onChange, children }: RowsProps) {
  const known = field.properties ?? [];
  const edit = (at: number, row: Row) => onChange({ rows: rows.map((old, index) => (index === at ? row : old)) });
  const free = known.map((one) => one.key).filter((key) => !rows.some(([name]) => name === key));
  const labelOf = (name: string) => known.find((one) => one.key === name)?.label;
  return (
    <div className={classes.object} role="group" aria-label={field.label}>
      <div className={classes.label}>
        {field.label}
        {field.required === true ? <span className={classes.needed}> *</span> : null}
      </div>
      <div className={classes.words}>
        <Description field={field} />
      </div>
      {rows.map(([name, text], at) => (
        <div key={at} className={classes.pair}>
          <Autocomplete
            aria-label={`${field.label}: name ${at + 1}`}
            placeholder="Name there"
            title={labelOf(name)}
            value={name}
            data={free}
            disabled={disabled}
            classNames={{ input: classes.code ?? "" }}
            onChange={(typed) => edit(at, [typed, text])}
          />
          <Textarea
            aria-label={`${field.label}: ${name || `value ${at + 1}`}`}
            placeholder={PLACEHOLDER}
            value={text}
            disabled={disabled}
            autosize
            maxRows={10}
            spellCheck={false}
            classNames={{ input: classes.code ?? "" }}
            onChange={(event) => edit(at, [name, event.currentTarget.value])}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            disabled={disabled}
            aria-label={`Take off ${field.label}: ${name || at + 1}`}
            onClick={() => onChange({ rows: rows.filter((_, index) => index !== at) })}
          >
            <X size={14} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      {problem ? <p className={classes.problem}>{problem}</p> : null}
      {disabled ? null : (
        <div className={classes.buttons}>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<Plus size={12} aria-hidden />}
            onClick={() => onChange({ rows: [...rows, ["", ""]] })}
          >
            Add a field<span className="visually-hidden"> to {field.label}</span>
          </Button>
          {children}
        </div>
      )}
    </div>
  );
}
