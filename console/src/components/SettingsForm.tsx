// A form drawn from a settings schema: what a destination needs to know, with no knowledge of any.

import { ActionIcon, Button, NumberInput, PasswordInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { bySection, type SettingField, type Settings } from "../lib/settings";
import classes from "./SettingsForm.module.css";

interface Props {
  fields: readonly SettingField[];
  values: Settings;
  problems: Record<string, string>;
  disabled?: boolean;
  onChange: (key: string, value: unknown) => void;
}

export function SettingsForm({ fields, values, problems, disabled = false, onChange }: Props) {
  return (
    <>
      {bySection(fields).map(([section, list]) => (
        <fieldset key={section} className={classes.section} disabled={disabled}>
          {section ? <legend className={classes.legend}>{section}</legend> : null}
          {list.map((field) => (
            <FieldInput
              key={field.key}
              field={field}
              value={values[field.key]}
              problem={problems[field.key]}
              onChange={(value) => onChange(field.key, value)}
            />
          ))}
        </fieldset>
      ))}
    </>
  );
}

interface InputProps {
  field: SettingField;
  value: unknown;
  problem: string | undefined;
  onChange: (value: unknown) => void;
}

function FieldInput({ field, value, problem, onChange }: InputProps) {
  const shared = {
    label: field.label,
    description: field.description || undefined,
    required: field.required && field.default === undefined,
    error: problem,
  };
  const placeholder = field.default === undefined ? undefined : String(field.default);
  switch (field.type) {
    case "boolean":
      return (
        <Switch
          label={field.label}
          description={field.description}
          error={problem}
          checked={Boolean(value ?? field.default)}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "integer":
      return (
        <NumberInput
          {...shared}
          placeholder={placeholder}
          min={field.min}
          max={field.max}
          allowDecimal={false}
          value={typeof value === "number" ? value : ""}
          onChange={(typed) => onChange(typed === "" ? undefined : Number(typed))}
        />
      );
    case "choice":
      return (
        <Select
          {...shared}
          data={field.choices}
          value={typeof value === "string" ? value : String(field.default ?? "") || null}
          allowDeselect={!shared.required}
          onChange={(chosen) => onChange(chosen ?? undefined)}
        />
      );
    case "text_list":
      return (
        <TagsInput
          {...shared}
          placeholder="Type and press Enter"
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
        />
      );
    case "text_map":
      return <MapInput field={field} value={value} problem={problem} onChange={onChange} />;
    default: {
      if (field.secret) return <SecretInput field={field} value={value} problem={problem} onChange={onChange} />;
      const text = {
        ...shared,
        placeholder: placeholder ?? (field.type === "url" ? "https://example.com/hook" : undefined),
        value: typeof value === "string" ? value : "",
        onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
        autoComplete: "off",
      };
      return <TextInput {...text} />;
    }
  }
}

/** How the server shows a secret that it has. */
const MASK = "••••";

/** What is kept is never edited, only replaced: it is shown behind the field, not in it. */
function SecretInput({ field, value, problem, onChange }: InputProps) {
  const [kept] = useState(typeof value === "string" && value.startsWith(MASK) ? value : undefined);
  const isRequired = field.required && field.default === undefined;
  const isRemoved = kept !== undefined && value === null;
  return (
    <div>
      <PasswordInput
        label={field.label}
        description={field.description || undefined}
        required={isRequired}
        error={problem}
        placeholder={kept === undefined ? "" : isRemoved ? "Removed when saved" : `${kept} is kept; type to replace it`}
        value={typeof value === "string" && value !== kept ? value : ""}
        autoComplete="off"
        onChange={(event) => onChange(event.currentTarget.value || kept || "")}
      />
      {kept !== undefined && !isRequired ? (
        <Button variant="subtle" color="gray" size="compact-xs" mt={4} onClick={() => onChange(isRemoved ? kept : null)}>
          {isRemoved ? "Keep it" : "Remove it"}
          <span className="visually-hidden">: {field.label}</span>
        </Button>
      ) : null}
    </div>
  );
}

/** Names and values, such as headers. A name that is typed twice counts once, the last. */
function MapInput({ field, value, problem, onChange }: InputProps) {
  const known = Object.entries((value ?? {}) as Record<string, string>);
  const [rows, setRows] = useState<[string, string][]>(known);
  const tell = (next: [string, string][]) => {
    setRows(next);
    onChange(Object.fromEntries(next.filter(([name]) => name !== "")));
  };
  const edit = (at: number, row: [string, string]) =>
    tell(rows.map((old, index) => (index === at ? row : old)));
  return (
    <div className={classes.map} role="group" aria-label={field.label}>
      <div className={classes.mapLabel}>{field.label}</div>
      {field.description ? <div className={classes.words}>{field.description}</div> : null}
      {rows.map(([name, text], at) => (
        <div key={at} className={classes.pair}>
          <TextInput
            aria-label={`${field.label}: name ${at + 1}`}
            placeholder="Name"
            value={name}
            onChange={(event) => edit(at, [event.currentTarget.value, text])}
          />
          <TextInput
            aria-label={`${field.label}: value ${at + 1}`}
            placeholder="Value"
            value={text}
            onChange={(event) => edit(at, [name, event.currentTarget.value])}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${name || "this pair"}`}
            onClick={() => tell(rows.filter((_, index) => index !== at))}
          >
            <Trash2 size={14} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      {problem ? <div className={classes.problem}>{problem}</div> : null}
      <Button variant="default" size="compact-sm" onClick={() => setRows([...rows, ["", ""]])}>
        Add
      </Button>
    </div>
  );
}
