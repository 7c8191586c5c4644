// The people behind a number, as many as the number says.

import { Button, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { peopleBehind } from "../../api/queries/insights";
import { DataTable, type Column } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { PersonName, personWords } from "../../components/people/PersonName";
import { traitColumns, TraitsMenu, useShownTraits } from "../../components/people/traits";
import { RelativeTime } from "../../components/RelativeTime";
import { SidePanel } from "../../components/SidePanel";
import { TableSkeleton } from "../../components/Skeletons";
import { plural } from "../../lib/format";
import { NumberExplain } from "./Explain";
import classes from "./insights.module.css";
import { finished, peopleQuery, type InsightQuery, type Point } from "./model";
import { kindOf } from "./registry";
import { SaveAsCohort } from "./SaveAsCohort";
import { unitWords } from "./whom/groups";

type Row = Schema<"PersonBehind">;

interface Props {
  query: InsightQuery;
  point: Point | undefined;
  onClose: () => void;
}

export function PeoplePanel({ query, point, onClose }: Props) {
  const title = point ? kindOf(query.kind).pointWords(query, point) : "";
  const whose = query.count_by ? "Groups" : "People";
  return (
    <SidePanel opened={point !== undefined} onClose={onClose} title={title === "" ? whose : `${whose} ${query.count_by ? "that" : "who"} ${title.startsWith("did") || title.startsWith("reached") ? title : `count for ${title}`}`} width={780}>
      {point ? <Behind query={query} point={point} /> : null}
    </SidePanel>
  );
}

function Behind({ query, point }: { query: InsightQuery; point: Point }) {
  const asked = peopleQuery(finished(query), point);
  const list = useInfiniteQuery({
    queryKey: ["people-behind", asked],
    queryFn: ({ pageParam, signal }) => peopleBehind(asked, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  });
  const navigate = useNavigate();
  const { shown, toggle } = useShownTraits();
  if (list.isPending) return <TableSkeleton rows={10} columns={3} />;
  if (list.isError) {
    return <ErrorState title={`The ${unitWords(query)[1]} could not be listed`} error={list.error} onRetry={() => void list.refetch()} />;
  }
  const rows = list.data.pages.flatMap((page) => page.people);
  const total = list.data.pages[0]?.total ?? 0;
  if (total === 0) {
    return <EmptyState title="Nobody is behind this number any more">The numbers move as events arrive; ask again.</EmptyState>;
  }
  const isOfGroups = Boolean(query.count_by);
  const ofGroups: Column<Row>[] = [
    { key: "group", title: "Group", cell: (row) => row.group ?? "", sort: (row) => row.group ?? "" },
    { key: "at", title: "First here", width: 118, cell: (row) => <RelativeTime at={row.times[0]} />, sort: (row) => row.times[0] },
  ];
  const names = rows.flatMap((row) => Object.keys(row.summary?.traits ?? {}));
  const columns: Column<Row>[] = [
    { key: "person", title: "Person", width: 220, cell: (row) => <PersonName person={row.summary ?? { id: row.person }} />, sort: (row) => personWords(row.summary ?? { id: row.person }) },
    ...traitColumns(shown, rows, (row) => row.summary ?? undefined),
    { key: "at", title: "First here", width: 118, cell: (row) => <RelativeTime at={row.times[0]} />, sort: (row) => row.times[0] },
    { key: "last", title: "Last seen", width: 118, cell: (row) => <RelativeTime at={row.summary?.lastSeenAt} />, sort: (row) => row.summary?.lastSeenAt, hideOnPhone: true },
  ];
  return (
    <>
      <div className={classes.peopleHead}>
        <Text fw={600}>{plural(total, ...unitWords(query))}</Text>
        {isOfGroups ? null : (
          <span style={{ display: "flex", gap: 8 }}>
            <SaveAsCohort behind={asked} />
            <TraitsMenu shown={shown} names={names} onToggle={toggle} />
          </span>
        )}
      </div>
      <NumberExplain query={query} point={point} people={total} />
      <DataTable
        label={isOfGroups ? "Groups behind the number" : "People behind the number"}
        phone={isOfGroups ? "lines" : "faces"}
        rows={rows}
        columns={isOfGroups ? ofGroups : columns}
        rowKey={(row) => String(row.person)}
        {...(isOfGroups ? {} : { onOpen: (row: Row) => void navigate({ to: "/people/$personId", params: { personId: String(row.person) } }) })}
      />
      {list.hasNextPage ? (
        <Button variant="default" mt="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more: {rows.length} of {total}
        </Button>
      ) : null}
    </>
  );
}
