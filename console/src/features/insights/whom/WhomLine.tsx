// Whom a question counts at all: people of a cohort, or who did something.

import type { PeopleClause } from "../../../api/queries/cohorts";
import classes from "../edit/edit.module.css";
import { Word } from "../edit/Chip";
import { ClausesEditor } from "./ClausesEditor";

interface Props {
  people: PeopleClause[] | undefined;
  onChange: (people: PeopleClause[]) => void;
}

export function WhomLine({ people = [], onChange }: Props) {
  return (
    <div className={classes.sentence} style={{ marginTop: 10 }}>
      {people.length > 0 ? <Word>Counting only people</Word> : null}
      <ClausesEditor clauses={people} onChange={onChange} add="Only certain people" />
    </div>
  );
}
