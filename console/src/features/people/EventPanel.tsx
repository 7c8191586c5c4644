// One event of a person: the way it took through the system, and what it says.

import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { receiptQuery } from "../../api/queries/receipts";
import type { PersonEvent } from "../../api/queries/people";
import { Id } from "../../components/Id";
import { JsonView } from "../../components/JsonView";
import { QueryView } from "../../components/QueryView";
import { RelativeTime } from "../../components/RelativeTime";
import { SidePanel } from "../../components/SidePanel";
import { TextSkeleton } from "../../components/Skeletons";
import { StateDot, type StateTone } from "../../components/StateDot";
import { inWords } from "../../lib/format";
import { parseEventKey } from "./model";
import classes from "./people.module.css";

interface Props {
  opened: string | undefined;
  known: PersonEvent | undefined;
  onClose: () => void;
}

export function EventPanel({ opened, known, onClose }: Props) {
  const place = opened === undefined ? undefined : parseEventKey(opened);
  return (
    <SidePanel opened={place !== undefined} onClose={onClose} title={known?.name ?? "Event"} width={600}>
      {place ? <Details {...place} /> : null}
    </SidePanel>
  );
}

function Details({ sourceId, messageId }: { sourceId: string; messageId: string }) {
  const receipt = useQuery(receiptQuery(sourceId, messageId));
  return (
    <QueryView query={receipt} failed="The receipt of the event could not be read" loading={<TextSkeleton lines={6} />}>
      {(found) => (
        <>
          <div className={classes.muted} style={{ marginBottom: 8 }}>
            <Id value={messageId} what="message id" />
          </div>
          <Tabs defaultValue="way" keepMounted={false}>
            <Tabs.List mb="md">
              <Tabs.Tab value="way">Way</Tabs.Tab>
              <Tabs.Tab value="raw">Event</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="way">
              <Way receipt={found} />
            </Tabs.Panel>
            <Tabs.Panel value="raw">
              {found.event ? (
                <JsonView value={found.event} label="The event in its final form" />
              ) : (
                <span className={classes.muted}>The event itself is not kept any more.</span>
              )}
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </QueryView>
  );
}

const TONES: Record<string, StateTone> = {
  done: "good",
  delivered: "good",
  waiting: "warn",
  filtered: "idle",
  unknown: "idle",
  dead: "bad",
};

function Way({ receipt }: { receipt: Schema<"Receipt"> }) {
  return (
    <ol className={classes.stages}>
      {receipt.stages.map((stage) => (
        <Stage key={stage.stage} name={inWords(stage.stage)} state={stage.state} at={stage.at} words={stage.detail} />
      ))}
      {receipt.deliveries.map((delivery) => (
        <Stage
          key={delivery.connectionId}
          name="Destination"
          state={delivery.state}
          at={delivery.at}
          words={[delivery.destinationId, delivery.reason].filter(Boolean).join(": ")}
        />
      ))}
      {receipt.deliveries.length === 0 ? (
        <li className={classes.muted}>No destination was connected to the source.</li>
      ) : null}
    </ol>
  );
}

interface StageProps {
  name: string;
  state: string;
  at: string | null | undefined;
  words: string | null | undefined;
}

function Stage({ name, state, at, words }: StageProps) {
  return (
    <li className={classes.stage}>
      <StateDot tone={TONES[state] ?? "idle"}>{name}</StateDot>
      <span>
        {inWords(state)} {at ? <RelativeTime at={at} /> : null}
        {words ? <span className={classes.muted}> · {words}</span> : null}
      </span>
    </li>
  );
}
