import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, UsersRound } from "lucide-react";
import { cohortsQuery, type Cohort } from "../../../api/queries/cohorts";
import { useCan } from "../../../api/session";
import { DataTable, type Column } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { ClearFilters, TextFilter } from "../../../components/filters";
import { Page } from "../../../components/Page";
import { QueryView } from "../../../components/QueryView";
import { RelativeTime } from "../../../components/RelativeTime";
import { CohortTemplates } from "../Templates";
import { definitionWords } from "../whom/model";
import { SavedSize } from "./Size";

interface Props {
  q: string | undefined;
  onFilter: (q: string | undefined) => void;
}

export function CohortsPage({ q, onFilter }: Props) {
  const cohorts = useQuery(cohortsQuery);
  const needle = q?.toLowerCase() ?? "";
  return (
    <Page
      name="Cohorts"
      title="Who belongs together?"
      action={<NewCohort />}
      filters={
        <>
          <TextFilter label="Search cohorts" value={q} onChange={onFilter} />
          <ClearFilters active={q !== undefined} onClear={() => onFilter(undefined)} />
        </>
      }
    >
      <QueryView
        query={cohorts}
        failed="The cohorts could not be read"
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState icon={UsersRound} title="The groups of people that you define stand here, each with its size" action={<NewCohort />}>
            Say what people did or did not do, or save the people behind any number of a chart; then ask every question about them alone.
          </EmptyState>
        }
      >
        {(list) => {
          const name = nameIn(list);
          const shown = list.filter((one) => `${one.name} ${one.description} ${whatIs(one, name)}`.toLowerCase().includes(needle)).reverse();
          if (shown.length === 0) return <EmptyState title="No cohort has this in its name or definition" />;
          return <List rows={shown} name={name} />;
        }}
      </QueryView>
      {cohorts.data && needle === "" ? <CohortTemplates /> : null}
    </Page>
  );
}

/** What a cohort is called, for words about conditions. */
export function nameIn(list: readonly Cohort[]): (id: string) => string {
  return (id) => list.find((one) => one.id === id)?.name ?? "a cohort that was deleted";
}

function whatIs(cohort: Cohort, name: (id: string) => string): string {
  return cohort.definition ? definitionWords(cohort.definition, name) : "A list of people";
}

function List({ rows, name }: { rows: Cohort[]; name: (id: string) => string }) {
  const navigate = useNavigate();
  const columns: Column<Cohort>[] = [
    { key: "name", title: "Cohort", width: 220, cell: (row) => <b style={{ fontWeight: 550 }}>{row.name}</b>, sort: (row) => row.name },
    { key: "what", title: "Who", cell: (row) => <span title={whatIs(row, name)}>{row.description || whatIs(row, name)}</span> },
    { key: "size", title: "People now", align: "right", width: 130, cell: (row) => <SavedSize cohortId={row.id} /> },
    { key: "updated", title: "Changed", width: 120, cell: (row) => <RelativeTime at={row.updatedAt} />, sort: (row) => row.updatedAt, hideOnPhone: true },
  ];
  return (
    <DataTable
      label="Cohorts"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      onOpen={(row) => void navigate({ to: "/cohorts/$cohortId", params: { cohortId: row.id }, search: {} })}
    />
  );
}

function NewCohort() {
  const may = useCan("editor");
  if (!may) return null;
  return (
    <Button component={Link} to="/cohorts/new" leftSection={<Plus size={14} aria-hidden />}>
      New cohort
    </Button>
  );
}
