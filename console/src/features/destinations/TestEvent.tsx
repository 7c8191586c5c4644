import { Button, Select } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../api/errors";
import type { Destination } from "../../api/queries/destinations";
import { receiptOfQuery, sendTestEvent } from "../../api/queries/liveEvents";
import { type Source, sourcesQuery } from "../../api/queries/sources";
import { EventWay } from "../../components/EventWay";
import { SidePanel } from "../../components/SidePanel";
import { StateDot } from "../../components/StateDot";
import { TextSkeleton } from "../../components/Skeletons";
import classes from "./destinations.module.css";

interface Props {
  destination: Destination;
  onClose: () => void;
}

/** An event through the front door, and its way to this destination as it happens. */
export function TestEvent({ destination, onClose }: Props) {
  const sources = (useQuery(sourcesQuery).data ?? []).filter((source) =>
    destination.connections.some((connection) => connection.sourceId === source.id),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const source = sources.find((one) => one.id === chosen) ?? sources[0];
  const send = useMutation({ mutationFn: (from: Source) => sendTestEvent(from.writeKeys[0] ?? "") });
  return (
    <SidePanel opened onClose={onClose} title={`Test event to ${destination.name}`}>
      <div className={classes.connections}>
        <p className={classes.lead}>
          Sends the track call “Test Event” of the person test-user with the source's write key. It
          is an event like any other: analytics counts it, and every destination of the source gets
          it.
        </p>
        <Select
          label="Source"
          data={sources.map((one) => ({ value: one.id, label: one.name }))}
          value={source?.id ?? null}
          onChange={setChosen}
          allowDeselect={false}
          error={sources.length === 0 ? "Connect a source first." : null}
        />
        <Button
          loading={send.isPending}
          disabled={source === undefined}
          onClick={() => source && send.mutate(source)}
          style={{ alignSelf: "flex-start" }}
        >
          {send.isSuccess ? "Send another" : "Send test event"}
        </Button>
        {send.isError ? <p className={classes.problem}>{messageOf(send.error)}</p> : null}
        {send.isSuccess && source ? (
          <Followed key={send.data} sourceId={source.id} messageId={send.data} destination={destination} />
        ) : null}
      </div>
    </SidePanel>
  );
}

interface FollowedProps {
  sourceId: string;
  messageId: string;
  destination: Destination;
}

function Followed({ sourceId, messageId, destination }: FollowedProps) {
  const receipt = useQuery(receiptOfQuery(sourceId, messageId)).data;
  if (!receipt) return <TextSkeleton lines={4} />;
  const mine = receipt.deliveries.find((delivery) => delivery.destinationId === destination.id);
  return (
    <>
      <div role="status">
        {mine?.state === "delivered" ? (
          <StateDot tone="good">{destination.name} took it</StateDot>
        ) : mine?.state === "dead" ? (
          <StateDot tone="bad">{destination.name} refused it</StateDot>
        ) : (
          <StateDot tone="warn" pulse>
            On its way
          </StateDot>
        )}
      </div>
      <EventWay receipt={receipt} />
    </>
  );
}
