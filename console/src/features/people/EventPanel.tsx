// One event of a person: the way it took through the system, and what it says.

import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { receiptQuery } from "../../api/queries/receipts";
import type { PersonEvent } from "../../api/queries/people";
import { EventWay } from "../../components/EventWay";
import { Id } from "../../components/Id";
import { JsonView } from "../../components/JsonView";
import { QueryView } from "../../components/QueryView";
import { SidePanel } from "../../components/SidePanel";
import { TextSkeleton } from "../../components/Skeletons";
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
              <EventWay receipt={found} />
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
