// A cohort beside another: who is in one, in the other, in both, and what they do.

import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { cohortsQuery, previewQuery, type Cohort, type PeopleClause } from "../../../api/queries/cohorts";
import { messageOf } from "../../../api/errors";
import { Word } from "../edit/Chip";
import classes from "../edit/edit.module.css";
import { formatNumber } from "../../../lib/format";
import { queryToUrl, type InsightQuery } from "../model";
import { CohortPicker } from "../whom/ConditionLine";
import { inCohort } from "../whom/model";
import { nameIn } from "./CohortsPage";

export function Compare({ cohort }: { cohort: Cohort }) {
  const [other, setOther] = useState("");
  const cohorts = useQuery(cohortsQuery);
  const name = nameIn(cohorts.data ?? []);
  return (
    <div className={classes.sentence} style={{ margin: "12px 0" }}>
      <div className={classes.line}>
        <Word>Compare with</Word>
        <CohortPicker value={other} own={cohort.id} onChange={setOther} />
        <span style={{ flex: 1 }} />
        <Ask people={[inCohort(cohort.id)]}>Ask a question about them</Ask>
      </div>
      {other === "" ? null : <Overlap a={cohort} b={{ id: other, name: name(other) }} />}
    </div>
  );
}

interface Named {
  id: string;
  name: string;
}

function Overlap({ a, b }: { a: Named; b: Named }) {
  const not = (clause: PeopleClause): PeopleClause => ({ ...clause, not: true });
  const [inA, inB] = [inCohort(a.id), inCohort(b.id)];
  const parts = [
    { key: "a", words: `only in ${a.name}`, clauses: [inA, not(inB)] },
    { key: "both", words: "in both", clauses: [inA, inB] },
    { key: "b", words: `only in ${b.name}`, clauses: [not(inA), inB] },
  ];
  return (
    <table aria-label={`${a.name} beside ${b.name}`} style={{ borderCollapse: "collapse", lineHeight: "26px" }}>
      <tbody>
        {parts.map((part) => (
          <Part key={`${part.key}:${b.id}`} words={part.words} clauses={part.clauses} />
        ))}
      </tbody>
    </table>
  );
}

function Part({ words, clauses }: { words: string; clauses: PeopleClause[] }) {
  const size = useQuery(previewQuery({ clauses }));
  return (
    <tr>
      <td style={{ textAlign: "right", paddingRight: 10, fontWeight: 600, fontVariantNumeric: "tabular-nums", minWidth: 70 }}>
        {size.isError ? <span title={messageOf(size.error)}>unknown</span> : size.data ? formatNumber(size.data.people) : "…"}
      </td>
      <td style={{ paddingRight: 16 }}>{words}</td>
      <td>
        <Ask people={clauses}>Ask about them</Ask>
      </td>
    </tr>
  );
}

/** The builder with a question that counts only these people. */
function Ask({ people, children }: { people: PeopleClause[]; children: string }) {
  const query: InsightQuery = { kind: "trend", range: { last_days: 30 }, events: [{ event: "_active" }], people };
  return (
    <Anchor component={Link} to="/insights/new" search={{ q: queryToUrl(query) } as never} fz={13}>
      {children}
    </Anchor>
  );
}
