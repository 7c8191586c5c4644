import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Send } from "lucide-react";
import type { Schema } from "../../api/client";
import { deliveriesQuery } from "../../api/queries/deliveries";
import { type Destination, destinationsQuery } from "../../api/queries/destinations";
import { sourcesQuery } from "../../api/queries/sources";
import { useCan } from "../../api/session";
import { type Column, DataTable } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { ClearFilters, TextFilter } from "../../components/filters";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { StateDot } from "../../components/StateDot";
import { deliveryInWords, worstState } from "../../lib/deliveryState";
import { formatNumber } from "../../lib/format";

const route = getRouteApi("/shell/destinations");

interface Row {
  destination: Destination;
  deliveries: Schema<"DeliveryStatus">[];
  sources: string[];
}

export function DestinationsPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  const destinations = useQuery(destinationsQuery);
  const deliveries = useQuery(deliveriesQuery).data ?? [];
  const sources = useQuery(sourcesQuery).data ?? [];
  const setQ = (text: string | undefined) =>
    void navigate({ to: "/destinations", search: { q: text }, replace: true });
  const rowOf = (destination: Destination): Row => ({
    destination,
    deliveries: deliveries.filter((delivery) => delivery.destinationId === destination.id),
    sources: destination.connections.map(
      ({ sourceId }) => sources.find((source) => source.id === sourceId)?.name ?? sourceId,
    ),
  });
  const fits = ({ destination }: Row) =>
    `${destination.name} ${destination.metadata.name}`.toLowerCase().includes((q ?? "").toLowerCase());
  return (
    <Page
      title="Where do events go to?"
      name="Destinations"
      action={<AddDestination />}
      filters={
        destinations.data && destinations.data.length > 0 ? (
          <>
            <TextFilter label="Find a destination" value={q} onChange={setQ} />
            <ClearFilters active={q !== undefined} onClear={() => setQ(undefined)} />
          </>
        ) : null
      }
    >
      <QueryView
        query={destinations}
        failed="The destinations could not be read"
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState icon={Send} title="No destination yet" action={<AddDestination />}>
            A destination receives every accepted event of the sources that are connected to it.
            Analytics has them without one.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Destinations"
            rows={list.map(rowOf).filter(fits)}
            columns={COLUMNS}
            rowKey={({ destination }) => destination.id}
            onOpen={({ destination }) =>
              void navigate({
                to: "/destinations/$destinationId",
                params: { destinationId: destination.id },
              })
            }
          />
        )}
      </QueryView>
    </Page>
  );
}

function AddDestination() {
  return useCan("editor") ? (
    <Button component={Link} to="/destinations/new">
      Add destination
    </Button>
  ) : null;
}

const total = (row: Row, of: (delivery: Schema<"DeliveryStatus">) => number) =>
  row.deliveries.reduce((sum, delivery) => sum + of(delivery), 0);

const COLUMNS: Column<Row>[] = [
  {
    key: "name",
    title: "Name",
    sort: ({ destination }) => destination.name,
    cell: ({ destination }) => <strong>{destination.name}</strong>,
  },
  {
    key: "kind",
    title: "Kind",
    width: 120,
    sort: ({ destination }) => destination.metadata.name,
    cell: ({ destination }) => destination.metadata.name,
  },
  {
    key: "sources",
    title: "From",
    cell: ({ sources }) => (sources.length === 0 ? "No source" : sources.join(", ")),
  },
  {
    key: "state",
    title: "State",
    width: 180,
    sort: ({ deliveries }) => worstState(deliveries.map((delivery) => delivery.state)),
    cell: ({ destination, deliveries }) => {
      const state = worstState(deliveries.map((delivery) => delivery.state));
      const { tone, words } = deliveryInWords(state ?? (destination.enabled ? "No source" : "disabled"));
      return <StateDot tone={tone}>{words}</StateDot>;
    },
  },
  {
    key: "delivered",
    title: "Delivered",
    align: "right",
    width: 120,
    sort: (row) => total(row, (delivery) => delivery.delivered),
    cell: (row) => formatNumber(total(row, (delivery) => delivery.delivered)),
  },
  {
    key: "waiting",
    title: "Waiting",
    align: "right",
    width: 100,
    sort: (row) => total(row, (delivery) => delivery.waiting),
    cell: (row) => formatNumber(total(row, (delivery) => delivery.waiting)),
  },
  {
    key: "dead",
    title: "Dead",
    align: "right",
    width: 90,
    sort: (row) => total(row, (delivery) => delivery.dead),
    cell: (row) => {
      const dead = total(row, (delivery) => delivery.dead);
      return dead > 0 ? <span style={{ color: "var(--sl-bad)" }}>{formatNumber(dead)}</span> : "0";
    },
  },
];
