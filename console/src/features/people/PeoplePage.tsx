import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { peopleQuery, type PersonSummary } from "../../api/queries/people";
import { DataTable, type Column } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { ClearFilters, TextFilter } from "../../components/filters";
import { Page } from "../../components/Page";
import { PersonName, personWords } from "../../components/people/PersonName";
import { traitColumns, TraitsMenu, useShownTraits } from "../../components/people/traits";
import { RelativeTime } from "../../components/RelativeTime";
import { TableSkeleton } from "../../components/Skeletons";
import { formatNumber, plural } from "../../lib/format";
import classes from "./people.module.css";

interface Props {
  q: string | undefined;
  onSearch: (q: string | undefined) => void;
}

export function PeoplePage({ q, onSearch }: Props) {
  const list = useInfiniteQuery(peopleQuery(q));
  const { shown, toggle } = useShownTraits();
  const rows = list.data?.pages.flatMap((page) => page.people) ?? [];
  const names = rows.flatMap((row) => Object.keys((row.traits ?? {}) as object));
  return (
    <Page
      name="People"
      title="Who are they?"
      action={<TraitsMenu shown={shown} names={names} onToggle={toggle} />}
      filters={
        <>
          <TextFilter label="Search by any id or trait" value={q} onChange={onSearch} width={340} />
          <ClearFilters active={q !== undefined} onClear={() => onSearch(undefined)} />
        </>
      }
    >
      {list.isPending ? (
        <TableSkeleton rows={12} columns={5} />
      ) : list.isError ? (
        <ErrorState title="The people could not be read" error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        q === undefined ? (
          <EmptyState icon={Users} title="Everybody whose events arrive will be here">
            An event with a userId or an anonymousId makes a person; send one from a source.
          </EmptyState>
        ) : (
          <EmptyState icon={Users} title={`Nobody has “${q}” in an id or trait`}>
            {extentWords(list.data.pages[0]?.search)}
          </EmptyState>
        )
      ) : (
        <>
          <List rows={rows} shown={shown} />
          <div className={classes.facts}>
            {q === undefined ? <span>Those seen last first.</span> : <span>{`${plural(rows.length, "person", "people")} found. ${extentWords(list.data.pages[0]?.search)}`}</span>}
          </div>
          {list.hasNextPage ? (
            <div>
              <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Show more
              </Button>
            </div>
          ) : null}
        </>
      )}
    </Page>
  );
}

function extentWords(search: { lookedAt: number; isComplete: boolean } | null | undefined): string {
  if (!search) return "";
  if (search.isComplete) return "Everybody was looked at.";
  return `The ${formatNumber(search.lookedAt)} people created last were looked at. Write more of the text, or a whole id: that is found among all.`;
}

function List({ rows, shown }: { rows: PersonSummary[]; shown: string[] }) {
  const navigate = useNavigate();
  const columns: Column<PersonSummary>[] = [
    { key: "person", title: "Person", width: 280, cell: (row) => <PersonName person={row} />, sort: personWords },
    ...traitColumns(shown, rows, (row) => row),
    { key: "events", title: "Events", align: "right", width: 90, cell: (row) => formatNumber(row.events), sort: (row) => row.events },
    { key: "first", title: "First seen", width: 130, cell: (row) => <RelativeTime at={row.firstSeenAt} />, sort: (row) => row.firstSeenAt, hideOnPhone: true },
    { key: "last", title: "Last seen", width: 130, cell: (row) => <RelativeTime at={row.lastSeenAt} />, sort: (row) => row.lastSeenAt },
  ];
  return (
    <DataTable
      label="People"
      phone="faces"
      rows={rows}
      columns={columns}
      rowKey={(row) => String(row.id)}
      onOpen={(row) => void navigate({ to: "/people/$personId", params: { personId: String(row.id) }, search: {} })}
    />
  );
}
