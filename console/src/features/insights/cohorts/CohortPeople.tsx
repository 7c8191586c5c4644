// The people who belong to a cohort now, by their number: of a saved one, or as it is being written.

import { Button } from "@mantine/core";
import { useInfiniteQuery, type UseInfiniteQueryResult, type InfiniteData } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Schema } from "../../../api/client";
import { cohortPeopleQuery, previewPeopleQuery, type CohortDefinition } from "../../../api/queries/cohorts";
import { DataTable, type Column } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorState } from "../../../components/ErrorState";
import { PersonName, personWords } from "../../../components/people/PersonName";
import { traitColumns, TraitsMenu, useShownTraits } from "../../../components/people/traits";
import { RelativeTime } from "../../../components/RelativeTime";
import { TableSkeleton } from "../../../components/Skeletons";
import { plural } from "../../../lib/format";
import classes from "../insights.module.css";
import { isSame } from "../model";
import { useSettled } from "../useAnswer";

type Row = Schema<"PersonBehind">;

type Listed = UseInfiniteQueryResult<InfiniteData<Schema<"BehindData">>>;

export function CohortPeople({ cohortId }: { cohortId: string }) {
  return <People list={useInfiniteQuery(cohortPeopleQuery(cohortId))} head={(total) => `${plural(total, "person", "people")} as saved`} />;
}

/** Listed anew after each change of the definition. */
export function PeopleFound({ definition }: { definition: CohortDefinition }) {
  const settled = useSettled(definition, isSame);
  return <People list={useInfiniteQuery(previewPeopleQuery(settled))} head={() => "Whom it finds"} />;
}

function People({ list, head }: { list: Listed; head: (total: number) => string }) {
  const navigate = useNavigate();
  const { shown, toggle } = useShownTraits();
  if (list.isPending) return <TableSkeleton rows={8} columns={3} />;
  if (list.isError) {
    return <ErrorState title="The people could not be listed" error={list.error} onRetry={() => void list.refetch()} />;
  }
  const rows = list.data.pages.flatMap((page) => page.people);
  const total = list.data.pages[0]?.total ?? 0;
  if (total === 0) return <EmptyState title="Nobody belongs to it now">As soon as somebody does, they stand here. A longer time or fewer conditions find more.</EmptyState>;
  const names = rows.flatMap((row) => Object.keys(row.summary?.traits ?? {}));
  const columns: Column<Row>[] = [
    { key: "person", title: "Person", width: 220, cell: (row) => <PersonName person={row.summary ?? { id: row.person }} />, sort: (row) => personWords(row.summary ?? { id: row.person }) },
    ...traitColumns(shown, rows, (row) => row.summary ?? undefined),
    { key: "first", title: "First seen", width: 118, cell: (row) => <RelativeTime at={row.summary?.firstSeenAt} />, sort: (row) => row.summary?.firstSeenAt, hideOnPhone: true },
    { key: "last", title: "Last seen", width: 118, cell: (row) => <RelativeTime at={row.summary?.lastSeenAt} />, sort: (row) => row.summary?.lastSeenAt },
  ];
  return (
    <>
      <div className={classes.peopleHead}>
        <b style={{ fontWeight: 600 }}>{head(total)}</b>
        <TraitsMenu shown={shown} names={names} onToggle={toggle} />
      </div>
      <DataTable
        label="People of the cohort"
        phone="faces"
        rows={rows}
        columns={columns}
        rowKey={(row) => String(row.person)}
        onOpen={(row) => void navigate({ to: "/people/$personId", params: { personId: String(row.person) }, search: {} })}
      />
      {list.hasNextPage ? (
        <Button variant="default" mt="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more: {rows.length} of {total}
        </Button>
      ) : null}
    </>
  );
}
