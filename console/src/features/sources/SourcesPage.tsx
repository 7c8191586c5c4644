import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Plug } from "lucide-react";
import { ledgerQuery } from "../../api/queries/ledger";
import { type Source, sourcesQuery } from "../../api/queries/sources";
import { useCan } from "../../api/session";
import type { Schema } from "../../api/client";
import { type Column, DataTable } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { ClearFilters, TextFilter } from "../../components/filters";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { RelativeTime } from "../../components/RelativeTime";
import { StateDot } from "../../components/StateDot";
import { formatNumber } from "../../lib/format";
import { senderOf } from "./snippets";

const route = getRouteApi("/shell/sources");

interface Row {
  source: Source;
  account: Schema<"SourceAccount"> | undefined;
}

export function SourcesPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  const sources = useQuery(sourcesQuery);
  const ledger = useQuery(ledgerQuery).data;
  const setQ = (text: string | undefined) =>
    void navigate({ to: "/sources", search: { q: text }, replace: true });
  const fits = ({ source }: Row) =>
    `${source.name} ${source.slug}`.toLowerCase().includes((q ?? "").toLowerCase());
  return (
    <Page
      title="Where do events come from?"
      name="Sources"
      action={<CreateSource />}
      filters={
        sources.data && sources.data.length > 0 ? (
          <>
            <TextFilter label="Find a source" value={q} onChange={setQ} />
            <ClearFilters active={q !== undefined} onClear={() => setQ(undefined)} />
          </>
        ) : null
      }
    >
      <QueryView
        query={sources}
        failed="The sources could not be read"
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState icon={Plug} title="No source yet" action={<CreateSource />}>
            A source is one site, app or server. It gets a write key to send events with.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Sources"
            rows={list.map((source) => ({ source, account: accountOf(ledger, source.id) })).filter(fits)}
            columns={COLUMNS}
            rowKey={({ source }) => source.id}
            onOpen={({ source }) =>
              void navigate({ to: "/sources/$sourceId", params: { sourceId: source.id } })
            }
          />
        )}
      </QueryView>
    </Page>
  );
}

function CreateSource() {
  return useCan("editor") ? (
    <Button component={Link} to="/sources/new">
      Create source
    </Button>
  ) : null;
}

function accountOf(ledger: Schema<"Ledger"> | undefined, id: string) {
  return ledger?.sources.find((account) => account.sourceId === id);
}

const refusedOf = (row: Row) =>
  Object.values(row.account?.refused ?? {}).reduce((sum, count) => sum + count, 0);

const COLUMNS: Column<Row>[] = [
  {
    key: "name",
    title: "Name",
    sort: ({ source }) => source.name,
    cell: ({ source }) => <strong>{source.name}</strong>,
  },
  {
    key: "kind",
    title: "Kind",
    width: 120,
    sort: ({ source }) => senderOf(source.metadata.id).label,
    cell: ({ source }) => senderOf(source.metadata.id).label,
  },
  {
    key: "state",
    title: "State",
    width: 190,
    cell: ({ source, account }) => <SourceState source={source} received={account?.received ?? 0} />,
  },
  {
    key: "accepted",
    title: "Accepted",
    align: "right",
    width: 120,
    sort: ({ account }) => account?.accepted,
    cell: ({ account }) => formatNumber(account?.accepted ?? 0),
  },
  {
    key: "duplicate",
    title: "Duplicate",
    align: "right",
    width: 110,
    hideOnPhone: true,
    sort: ({ account }) => account?.duplicate,
    cell: ({ account }) => formatNumber(account?.duplicate ?? 0),
  },
  {
    key: "refused",
    title: "Refused",
    align: "right",
    width: 110,
    sort: refusedOf,
    cell: (row) => {
      const count = refusedOf(row);
      return count > 0 ? <span style={{ color: "var(--sl-bad)" }}>{formatNumber(count)}</span> : "0";
    },
  },
  {
    key: "created",
    title: "Created",
    width: 120,
    hideOnPhone: true,
    sort: ({ source }) => source.createdAt,
    cell: ({ source }) => <RelativeTime at={source.createdAt} />,
  },
];

function SourceState({ source, received }: { source: Source; received: number }) {
  if (!source.enabled) return <StateDot tone="idle">Switched off</StateDot>;
  if (received === 0) return <StateDot tone="warn">No event yet</StateDot>;
  return <StateDot tone="good">Receiving</StateDot>;
}
