import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import {
  type Destination,
  useConnectSource,
  useDisconnectSource,
} from "../../api/queries/destinations";
import { sourcesQuery } from "../../api/queries/sources";
import { useCan } from "../../api/session";
import { notifyFailed } from "../../components/notify";
import { RelativeTime } from "../../components/RelativeTime";
import { StateDot } from "../../components/StateDot";
import { useConfirm } from "../../components/useConfirm";
import { deliveryInWords } from "../../lib/deliveryState";
import { plural } from "../../lib/format";
import { Account } from "./ConnectionAccount";
import classes from "./destinations.module.css";

type Delivery = Schema<"DeliveryStatus">;

interface Props {
  destination: Destination;
  deliveries: Delivery[];
}

/** One box per connected source: how delivery goes, and why it does not. */
export function ConnectionList({ destination, deliveries }: Props) {
  const sources = useQuery(sourcesQuery).data ?? [];
  const canEdit = useCan("editor");
  const nameOf = (id: string) => sources.find((source) => source.id === id)?.name ?? "A deleted source";
  const free = sources.filter(
    (source) => !destination.connections.some((connection) => connection.sourceId === source.id),
  );
  return (
    <div className={classes.connections}>
      {destination.connections.map((connection) => (
        <Connection
          key={connection.id}
          destinationId={destination.id}
          sourceId={connection.sourceId}
          name={nameOf(connection.sourceId)}
          delivery={deliveries.find((delivery) => delivery.connectionId === connection.id)}
        />
      ))}
      {canEdit && free.length > 0 ? <ConnectMore destination={destination} free={free} /> : null}
    </div>
  );
}

interface ConnectionProps {
  destinationId: string;
  sourceId: string;
  name: string;
  delivery: Delivery | undefined;
}

function Connection({ destinationId, sourceId, name, delivery }: ConnectionProps) {
  const disconnect = useDisconnectSource(destinationId);
  const canEdit = useCan("editor");
  const [dialog, ask] = useConfirm();
  const state = deliveryInWords(delivery?.state ?? "unknown");
  const waiting = delivery?.waiting ?? 0;
  return (
    <section className={`panel ${classes.connection}`} aria-label={`From ${name}`}>
      <div className={classes.connectionHead}>
        <strong>{name}</strong>
        <StateDot tone={state.tone}>{state.words}</StateDot>
        {delivery?.since ? (
          <span className={classes.words}>
            since <RelativeTime at={delivery.since} />
          </span>
        ) : null}
        {canEdit ? (
          <Button
            className={classes.right}
            variant="subtle"
            color="gray"
            size="compact-sm"
            onClick={() =>
              ask({
                title: `Disconnect ${name}?`,
                words:
                  waiting > 0
                    ? `${plural(waiting, "event")} that still ${waiting === 1 ? "waits" : "wait"} will not be sent.`
                    : "Nothing waits. Later events will not be sent.",
                verb: "Disconnect",
                act: () =>
                  disconnect.mutate(sourceId, {
                    onError: (error) => notifyFailed("It was not disconnected", error),
                  }),
              })
            }
          >
            Disconnect
          </Button>
        ) : null}
      </div>
      {/* Why it is stopped stands above the tabs. */}
      {delivery?.reason && delivery.state !== "suspended" ? <p className={classes.reason}>{delivery.reason}</p> : null}
      {delivery ? <Account destinationId={destinationId} delivery={delivery} /> : null}
      {dialog}
    </section>
  );
}

function ConnectMore({ destination, free }: { destination: Destination; free: { id: string; name: string }[] }) {
  const connect = useConnectSource(destination.id);
  return (
    <Select
      label="Connect a source"
      description="Its events from now on are sent here."
      placeholder="Choose a source"
      maw={320}
      data={free.map((source) => ({ value: source.id, label: source.name }))}
      value={null}
      disabled={connect.isPending}
      onChange={(sourceId) =>
        sourceId !== null &&
        connect.mutate(sourceId, {
          onError: (error) => notifyFailed("The source was not connected", error),
        })
      }
    />
  );
}
