// Conditions on people as an editable sentence: clauses that must all hold, each of one or several
// conditions of which one must.

import { ActionIcon, Menu } from "@mantine/core";
import { X } from "lucide-react";
import type { PeopleClause, PeopleCondition } from "../../../api/queries/cohorts";
import { AddButton, MenuChip, Word } from "../edit/Chip";
import classes from "../edit/edit.module.css";
import { ConditionLine } from "./ConditionLine";
import { KINDS, type ConditionKind } from "./model";

interface Props {
  clauses: PeopleClause[];
  onChange: (clauses: PeopleClause[]) => void;
  /** The cohort that is being edited cannot name itself. */
  own?: string | undefined;
  add?: string;
}

const CLAUSES_MAX = 10;
const CONDITIONS_MAX = 20;

export function ClausesEditor({ clauses, onChange, own, add = "Condition" }: Props) {
  const replace = (index: number, by: PeopleClause) => onChange(clauses.map((one, at) => (at === index ? by : one)));
  const remove = (index: number) => onChange(clauses.filter((_, at) => at !== index));
  return (
    <>
      {clauses.map((clause, index) => (
        <Clause
          key={index}
          first={index === 0}
          of={`Condition ${index + 1}`}
          clause={clause}
          own={own}
          onChange={(changed) => (changed.any_of.length === 0 ? remove(index) : replace(index, changed))}
        />
      ))}
      {clauses.length < CLAUSES_MAX ? (
        <div className={classes.line}>
          <KindMenu
            label={clauses.length === 0 ? add : "and"}
            of="people"
            onChoose={(condition) => onChange([...clauses, { any_of: [condition] }])}
          />
        </div>
      ) : null}
    </>
  );
}

interface ClauseProps {
  first: boolean;
  of: string;
  clause: PeopleClause;
  own: string | undefined;
  onChange: (clause: PeopleClause) => void;
}

const SIDES = [
  { value: "yes", label: "who" },
  { value: "no", label: "who not" },
] as const;

function Clause({ first, of, clause, own, onChange }: ClauseProps) {
  const replace = (index: number, by: PeopleCondition | undefined) =>
    onChange({
      ...clause,
      any_of: by === undefined ? clause.any_of.filter((_, at) => at !== index) : clause.any_of.map((one, at) => (at === index ? by : one)),
    });
  return (
    <div className={classes.event} role="group" aria-label={of}>
      {clause.any_of.map((condition, index) => (
        <div key={index} className={classes.head} style={{ alignItems: "start" }}>
          <span className={classes.line} style={{ flex: 1 }}>
            {index === 0 ? (
              <>
                {first ? null : <Word>and</Word>}
                <MenuChip what={`${of}, whether they did`} value={clause.not ? "no" : "yes"} options={SIDES} onChange={(side) => onChange({ ...clause, not: side === "no" })} />
              </>
            ) : (
              <Word>or</Word>
            )}
            <ConditionLine condition={condition} of={of} own={own} onChange={(changed) => replace(index, changed)} />
          </span>
          <ActionIcon variant="subtle" color="gray" size={24} aria-label={`Remove from ${of}`} onClick={() => replace(index, undefined)}>
            <X size={14} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      {clause.any_of.length < CONDITIONS_MAX ? (
        <KindMenu label="or" of={of} onChoose={(condition) => onChange({ ...clause, any_of: [...clause.any_of, condition] })} />
      ) : null}
    </div>
  );
}

interface KindMenuProps {
  label: string;
  of: string;
  onChoose: (condition: PeopleCondition) => void;
}

function KindMenu({ label, of, onChoose }: KindMenuProps) {
  return (
    <Menu position="bottom-start" shadow="none" withinPortal>
      <Menu.Target>
        <AddButton>
          {label}
          <span className="visually-hidden">{`: another condition on ${of}`}</span>
        </AddButton>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(KINDS) as ConditionKind[]).map((kind) => (
          <Menu.Item key={kind} onClick={() => onChoose(KINDS[kind].blank())}>
            {KINDS[kind].label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
