import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Send } from "lucide-react";
import type { Schema } from "../../api/client";
import { deliveriesQuery } from "../../api/queries/deliveries";
import { destinationsQuery } from "../../api/queries/destinations";
import { readyQuery } from "../../api/queries/health";
import { ledgerQuery } from "../../api/queries/ledger";
import { sourcesQuery } from "../../api/queries/sources";
import { type Column, DataTable } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { StateDot, type StateTone } from "../../components/StateDot";
import { deliveryInWords } from "../../lib/deliveryState";
import { formatDuration, formatNumber } from "../../lib/format";
import classes from "./health.module.css";

interface Row {
  delivery: Schema<"DeliveryStatus">;
  destination: string;
  source: string;
}

export function HealthPage() {
  const deliveries = useQuery(deliveriesQuery);
  const destinations = useQuery(destinationsQuery).data ?? [];
  const sources = useQuery(sourcesQuery).data ?? [];
  const navigate = useNavigate();
  const rowOf = (delivery: Schema<"DeliveryStatus">): Row => ({
    delivery,
    destination: destinations.find((one) => one.id === delivery.destinationId)?.name ?? "A deleted one",
    source: sources.find((one) => one.id === delivery.sourceId)?.name ?? "A deleted one",
  });
  return (
    <Page title="Does it run?" name="Health">
      <Parts />
      <h2 className={classes.heading}>Deliveries</h2>
      <QueryView
        query={deliveries}
        failed="The deliveries could not be read"
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState icon={Send} title="Nothing is delivered yet">
            Each destination of each source will stand here, with how far behind it is.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Deliveries"
            phone="lines"
            rows={list.map(rowOf)}
            columns={COLUMNS}
            rowKey={({ delivery }) => delivery.connectionId}
            onOpen={({ delivery }) =>
              void navigate({
                to: "/destinations/$destinationId",
                params: { destinationId: delivery.destinationId },
              })
            }
          />
        )}
      </QueryView>
    </Page>
  );
}

/** The parts of the server in the order of the flow. */
function Parts() {
  const ready = useQuery(readyQuery).data;
  const account = useQuery(ledgerQuery);
  const ledger = account.data;
  const unknown: [tone: StateTone, words: string] = account.isError ? ["bad", "Not answered"] : ["idle", "Checking"];
  const running: typeof unknown = ledger ? ["good", "Running"] : unknown;
  const waits = (count: number | undefined) =>
    count === undefined ? "" : count === 0 ? "nothing waits" : `${formatNumber(count)} waiting`;
  const parts: [name: string, tone: StateTone, words: string, detail: string][] = [
    [
      "Collecting",
      ready === undefined ? "idle" : ready.ready ? "good" : "bad",
      ready === undefined ? "Checking" : ready.ready ? "Takes events" : "Takes no events",
      ready?.ready === false ? ready.words : "answers once an event is on disk",
    ],
    ["Pipeline", ...running, waits(ledger?.waitingForPipeline)],
    ["Analytics", ...running, waits(ledger?.analytics.waiting)],
    [
      "Ledger",
      ...(ledger === undefined ? unknown : ledger.balances ? (["good", "Balances"] as const) : (["bad", "Does not balance"] as const)),
      "every event is in one place",
    ],
  ];
  return (
    <ul className={`panel ${classes.parts}`} aria-label="Parts of the server">
      {parts.map(([name, tone, words, detail]) => (
        <li key={name} className={classes.part}>
          <span className={classes.name}>{name}</span>
          <StateDot tone={tone}>
            <strong>{words}</strong>
          </StateDot>
          <span className={classes.detail}>{detail}</span>
        </li>
      ))}
    </ul>
  );
}

const figure = (
  key: string,
  title: string,
  width: number,
  of: (delivery: Schema<"DeliveryStatus">) => number | null | undefined,
  format: (value: number) => string,
  hideOnPhone = false,
): Column<Row> => ({
  key,
  title,
  width,
  hideOnPhone,
  align: "right",
  sort: ({ delivery }) => of(delivery),
  cell: ({ delivery }) => {
    const value = of(delivery);
    return typeof value === "number" ? format(value) : "–";
  },
});

/** Where nothing was delivered there is no time that it took. */
const ofDelivered = (delivery: Schema<"DeliveryStatus">, ms: number) => (delivery.delivered > 0 ? ms : null);

const COLUMNS: Column<Row>[] = [
  { key: "to", title: "To", sort: (row) => row.destination, cell: (row) => <strong>{row.destination}</strong> },
  { key: "from", title: "From", sort: (row) => row.source, cell: (row) => row.source },
  {
    key: "state",
    title: "State",
    width: 180,
    sort: ({ delivery }) => delivery.state,
    cell: ({ delivery }) => {
      const { tone, words } = deliveryInWords(delivery.state);
      return <StateDot tone={tone}>{words}</StateDot>;
    },
  },
  figure("behind", "Not yet read", 110, (delivery) => delivery.behind, formatNumber, true),
  figure("waiting", "Waiting", 90, (delivery) => delivery.waiting, formatNumber),
  figure("oldest", "Oldest waits", 110, (delivery) => delivery.oldestWaitingMs, formatDuration, true),
  figure("dead", "Dead", 80, (delivery) => delivery.dead, formatNumber),
  figure("p50", "Half within", 100, (delivery) => ofDelivered(delivery, delivery.latency.p50Ms), formatDuration, true),
  figure("p99", "99 of 100 within", 130, (delivery) => ofDelivered(delivery, delivery.latency.p99Ms), formatDuration, true),
];
