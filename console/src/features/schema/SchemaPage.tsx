// What events and properties are called and mean, which are offered, and which count.

import { Badge, Button, SegmentedControl, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BookOpen, Plus } from "lucide-react";
import { dictionaryQuery, type EntryKind } from "../../api/queries/dictionary";
import { eventNamesQuery, propertiesQuery } from "../../api/queries/eventSchema";
import { useCan } from "../../api/session";
import { DataTable, type Column } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { ClearFilters, TextFilter } from "../../components/filters";
import { Page } from "../../components/Page";
import { RelativeTime } from "../../components/RelativeTime";
import { SidePanel } from "../../components/SidePanel";
import { TableSkeleton } from "../../components/Skeletons";
import { formatNumber } from "../../lib/format";
import { EntryForm } from "./EntryForm";
import { rowsOf, stateOf, type SchemaRow, type Tab } from "./model";

export interface SchemaSearch {
  tab?: Tab | undefined;
  q?: string | undefined;
  /** Also what is hidden, deprecated or deleted. */
  all?: "1" | undefined;
  /** The entry that is open. */
  open?: string | undefined;
}

interface Props {
  search: SchemaSearch;
  onSearch: (search: SchemaSearch) => void;
}

const TABS: { value: Tab; label: string }[] = [
  { value: "events", label: "Events" },
  { value: "properties", label: "Properties" },
  { value: "traits", label: "Traits" },
];

const KIND: Record<Tab, EntryKind> = { events: "event", properties: "event_property", traits: "user_trait" };
/** Opens the form of a custom event that does not exist yet. */
const NEW = "new";

export function SchemaPage({ search, onSearch }: Props) {
  const may = useCan("editor");
  const tab = search.tab ?? "events";
  const entries = useQuery(dictionaryQuery);
  const events = useQuery(eventNamesQuery);
  const properties = useQuery(propertiesQuery(undefined));
  const failed = [entries, events, properties].find((one) => one.isError);
  const rows = entries.data && events.data && properties.data ? rowsOf(tab, entries.data, events.data, properties.data) : undefined;
  const needle = search.q?.toLowerCase() ?? "";
  const shown = rows?.filter(
    (row) => (search.all === "1" || stateOf(row.entry) === undefined) && `${row.name} ${row.entry?.displayName ?? ""} ${row.entry?.description ?? ""}`.toLowerCase().includes(needle),
  );
  const open = rows?.find((row) => row.key === search.open);
  return (
    <Page
      name="Schema"
      title="What do the events mean?"
      action={
        may && tab === "events" ? (
          <Button leftSection={<Plus size={14} aria-hidden />} onClick={() => onSearch({ ...search, open: NEW })}>
            New custom event
          </Button>
        ) : undefined
      }
      filters={
        <>
          <SegmentedControl size="xs" aria-label="What" value={tab} data={TABS} onChange={(to) => onSearch({ ...search, tab: to as Tab, open: undefined })} />
          <TextFilter label="Search names and descriptions" value={search.q} onChange={(q) => onSearch({ ...search, q })} />
          <Switch size="xs" label="Also those not offered" checked={search.all === "1"} onChange={(event) => onSearch({ ...search, all: event.currentTarget.checked ? "1" : undefined })} />
          <ClearFilters active={search.q !== undefined} onClear={() => onSearch({ ...search, q: undefined })} />
        </>
      }
    >
      {failed ? (
        <ErrorState title="The schema could not be read" error={failed.error} onRetry={() => void failed.refetch()} />
      ) : !shown ? (
        <TableSkeleton rows={10} columns={4} />
      ) : shown.length === 0 ? (
        <EmptyState
          icon={BookOpen}
          title={search.q === undefined ? "What arrives stands here, to be named and described" : "Nothing has this in its name or description"}
          action={search.q === undefined ? <Link to="/sources">Go to sources</Link> : null}
        />
      ) : (
        <DataTable label="Schema" rows={shown} columns={COLUMNS} rowKey={(row) => row.key} selected={search.open} onOpen={(row) => onSearch({ ...search, open: row.key })} />
      )}
      <SidePanel opened={open !== undefined || search.open === NEW} onClose={() => onSearch({ ...search, open: undefined })} title={open?.name ?? "New custom event"}>
        {open || search.open === NEW ? (
          <EntryForm
            key={search.open}
            kind={open?.kind ?? (search.open === NEW ? "custom_event" : KIND[tab])}
            row={open}
            events={events.data ?? []}
            onDone={() => onSearch({ ...search, open: undefined })}
          />
        ) : null}
      </SidePanel>
    </Page>
  );
}

const COLUMNS: Column<SchemaRow>[] = [
  {
    key: "name",
    title: "Name",
    width: 280,
    cell: (row) => (
      <span>
        <b style={{ fontWeight: 550 }}>{row.entry?.displayName || row.name}</b>
        {row.entry?.displayName && row.entry.displayName !== row.name ? <span style={{ color: "var(--sl-muted)" }}> {row.name}</span> : null}
      </span>
    ),
    sort: (row) => row.entry?.displayName || row.name,
  },
  { key: "description", title: "Description", cell: (row) => row.entry?.description ?? "" },
  { key: "state", title: "", width: 150, cell: (row) => <State row={row} /> },
  { key: "count", title: "Seen", align: "right", width: 100, cell: (row) => (row.count === undefined ? "" : formatNumber(row.count)), sort: (row) => row.count ?? 0 },
  { key: "last", title: "Last seen", width: 120, cell: (row) => <RelativeTime at={row.lastSeenAt} />, sort: (row) => row.lastSeenAt, hideOnPhone: true },
];

function State({ row }: { row: SchemaRow }) {
  const state = stateOf(row.entry);
  return (
    <span style={{ display: "flex", gap: 4, flexWrap: "wrap" }}>
      {row.kind === "custom_event" ? <Badge variant="default">custom</Badge> : null}
      {row.entry?.isTest ? <Badge variant="default">test</Badge> : null}
      {state ? <Badge variant="default">{state}</Badge> : null}
    </span>
  );
}
