// One cohort: who belongs to it, as a sentence that can be edited, and the people it finds.

import { Button, TextInput, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { UsersRound } from "lucide-react";
import { useState } from "react";
import {
  cohortQuery,
  cohortsQuery,
  useChangeCohort,
  useCreateCohort,
  useDeleteCohort,
  type Cohort,
  type CohortDefinition,
  type PeopleClause,
} from "../../../api/queries/cohorts";
import { useCan } from "../../../api/session";
import { EmptyState } from "../../../components/EmptyState";
import { notifyDone, notifyFailed } from "../../../components/notify";
import { Page } from "../../../components/Page";
import { QueryPage } from "../../../components/QueryPage";
import { BlockSkeleton } from "../../../components/Skeletons";
import { useConfirm } from "../../../components/useConfirm";
import edit from "../edit/edit.module.css";
import classes from "../insights.module.css";
import { isSame } from "../model";
import { CohortTemplates } from "../Templates";
import { ClausesEditor } from "../whom/ClausesEditor";
import { askable, definitionWords, finishedClauses, KINDS } from "../whom/model";
import { CohortPeople, PeopleFound } from "./CohortPeople";
import { nameIn } from "./CohortsPage";
import { Compare } from "./Compare";
import { ImportPeople } from "./ImportPeople";
import { LiveSize, SavedSize } from "./Size";

export function CohortPage({ cohortId }: { cohortId: string }) {
  const cohort = useQuery(cohortQuery(cohortId));
  return (
    <QueryPage name="Cohort" query={cohort} failed="The cohort could not be read" loading={<BlockSkeleton height={420} />}>
      {(found) => (found.definition ? <Defined key={found.id} saved={found} /> : <Listed key={found.id} cohort={found} />)}
    </QueryPage>
  );
}

/** What a new cohort begins with: from the address, so that a template is a link. */
export interface CohortDraft {
  name?: string | undefined;
  /** A definition as JSON. */
  q?: string | undefined;
}

export function NewCohortPage({ draft }: { draft: CohortDraft }) {
  return <Defined key={draft.q} saved={undefined} draft={draft} />;
}

function clausesOf(text: string | undefined): PeopleClause[] | undefined {
  try {
    const { clauses } = JSON.parse(text ?? "{}") as Partial<CohortDefinition>;
    const isWhole = Array.isArray(clauses) && clauses.length > 0 && clauses.every((one) => Array.isArray(one.any_of) && one.any_of.every((condition) => condition.kind in KINDS));
    return isWhole ? clauses : undefined;
  } catch {
    return undefined;
  }
}

function Defined({ saved, draft = {} }: { saved: Cohort | undefined; draft?: CohortDraft }) {
  const may = useCan("editor");
  const navigate = useNavigate();
  const [name, setName] = useState(saved?.name ?? draft.name ?? "");
  const [description, setDescription] = useState(saved?.description ?? "");
  const [clauses, setClauses] = useState<PeopleClause[]>(saved?.definition?.clauses ?? clausesOf(draft.q) ?? [{ any_of: [KINDS.performed.blank()] }]);
  const create = useCreateCohort();
  const change = useChangeCohort(saved?.id ?? "");
  const definition = askable(clauses);
  const isWhole = definition !== undefined && count(definition.clauses) === count(clauses);
  const isRewritten = !isSame(finishedClauses(clauses), saved?.definition?.clauses);
  const isChanged = saved === undefined || name !== saved.name || description !== saved.description || isRewritten;
  const cohorts = useQuery(cohortsQuery).data ?? [];
  // A new one may do without a name of its own: then it is called by what it says.
  const suggested = saved || !definition ? "" : shortened(definitionWords(definition, nameIn(cohorts)));
  const called = name.trim() || suggested;
  const save = () => {
    if (!definition) return;
    const body = { name: called, description, definition };
    const onError = (error: unknown) => notifyFailed("Not saved", error);
    if (saved) change.mutate(body, { onSuccess: () => notifyDone("Saved."), onError });
    else create.mutate(body, { onSuccess: (made) => void navigate({ to: "/cohorts/$cohortId", params: { cohortId: made.id } }), onError });
  };
  return (
    <Page
      name={saved?.name ?? "New cohort"}
      title={saved?.name ?? "Who belongs to it?"}
      action={
        may ? (
          <>
            {saved ? <DeleteCohort cohort={saved} /> : null}
            <Button disabled={!isChanged || !isWhole || called === ""} loading={create.isPending || change.isPending} onClick={save}>
              Save
            </Button>
          </>
        ) : undefined
      }
    >
      <div className={classes.builder}>
        <section className={`panel ${classes.question}`} aria-label="Definition">
          <TextInput label="Name" placeholder={suggested || "What they are called"} value={name} maxLength={200} disabled={!may} onChange={(event) => setName(event.currentTarget.value)} mb="sm" />
          <div className={edit.sentence}>
            <span className={edit.word}>Everybody</span>
            <ClausesEditor clauses={clauses} onChange={setClauses} own={saved?.id} />
          </div>
          <Textarea label="What it is for" value={description} maxLength={2000} autosize minRows={2} disabled={!may} mt="md" onChange={(event) => setDescription(event.currentTarget.value)} />
        </section>
        <section className={`panel ${classes.answer}`} aria-label="People">
          {definition ? <LiveSize definition={definition} /> : <Nobody />}
          {saved ? <Compare cohort={saved} /> : null}
          {saved && !isRewritten ? <CohortPeople cohortId={saved.id} /> : definition ? <PeopleFound definition={definition} /> : null}
        </section>
      </div>
    </Page>
  );
}

const NAME_CHARS = 80;

function shortened(words: string): string {
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  return name.length > NAME_CHARS ? `${name.slice(0, NAME_CHARS - 1)}…` : name;
}

/** Before anything is said. */
function Nobody() {
  return (
    <>
      <EmptyState icon={UsersRound} title="Choose what people did, and they stand here">
        Their number and their names follow each word of the sentence, before anything is saved.
      </EmptyState>
      <CohortTemplates />
    </>
  );
}

function count(clauses: readonly PeopleClause[]): number {
  return clauses.reduce((sum, clause) => sum + clause.any_of.length, 0);
}

function Listed({ cohort }: { cohort: Cohort }) {
  const may = useCan("editor");
  return (
    <Page name={cohort.name} title={cohort.name} action={may ? <DeleteCohort cohort={cohort} /> : undefined}>
      <div className={classes.builder}>
        <section className={`panel ${classes.question}`} aria-label="List">
          <p style={{ margin: "0 0 8px" }}>A list: its people stay until they are taken off. Merged people count once; who has no event is not counted.</p>
          {cohort.description === "" ? null : <p style={{ margin: "0 0 8px" }}>{cohort.description}</p>}
          {may ? <ImportPeople cohortId={cohort.id} /> : null}
        </section>
        <section className={`panel ${classes.answer}`} aria-label="People">
          <div style={{ fontSize: 28, fontWeight: 600, lineHeight: "36px" }}>
            <SavedSize cohortId={cohort.id} /> <span style={{ fontSize: 14, fontWeight: 400 }}>people</span>
          </div>
          <Compare cohort={cohort} />
          <CohortPeople cohortId={cohort.id} />
        </section>
      </div>
    </Page>
  );
}

function DeleteCohort({ cohort }: { cohort: Cohort }) {
  const [dialog, ask] = useConfirm();
  const navigate = useNavigate();
  const remove = useDeleteCohort();
  const act = () =>
    remove.mutate(cohort.id, {
      onSuccess: () => void navigate({ to: "/cohorts", search: {} }),
      onError: (error) => notifyFailed("Not deleted", error),
    });
  const lost = cohort.definition ? "The definition is lost." : "The list of people is lost.";
  return (
    <>
      {dialog}
      <Button
        variant="default"
        loading={remove.isPending}
        onClick={() => ask({ title: `Delete “${cohort.name}”?`, words: `${lost} Events and people stay as they are.`, verb: "Delete cohort", act })}
      >
        Delete
      </Button>
    </>
  );
}
