import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { useState } from "react";
import {
  type DeadLetterGroup,
  deadLetterGroupsQuery,
  type Destination,
  useSendAgain,
} from "../../api/queries/destinations";
import { sourcesQuery } from "../../api/queries/sources";
import { useCan } from "../../api/session";
import { EmptyState } from "../../components/EmptyState";
import { Exchange } from "../../components/Exchange";
import { Facts } from "../../components/Facts";
import { Id } from "../../components/Id";
import { JsonView } from "../../components/JsonView";
import { notifyDone, notifyFailed } from "../../components/notify";
import { QueryView } from "../../components/QueryView";
import { RelativeTime } from "../../components/RelativeTime";
import { formatNumber, plural } from "../../lib/format";
import { reasonInWords } from "../../lib/reasons";
import classes from "./destinations.module.css";

export function DeadLetters({ destination }: { destination: Destination }) {
  const groups = useQuery(deadLetterGroupsQuery(destination.id));
  const sources = useQuery(sourcesQuery).data ?? [];
  const sendAgain = useSend(destination.id);
  const canEdit = useCan("editor");
  const sourceOf = (group: DeadLetterGroup) => {
    const found = destination.connections.find((connection) => connection.id === group.connectionId);
    return sources.find((source) => source.id === found?.sourceId)?.name ?? "";
  };
  return (
    <QueryView
      query={groups}
      failed="The dead letters could not be read"
      isEmpty={(list) => list.length === 0}
      empty={
        <EmptyState icon={Inbox} title="No dead letters">
          Events that the destination refused for good, or that could not be sent within the hours
          to retry, are kept here with the reason and can be sent again.
        </EmptyState>
      }
    >
      {(list) => {
        const total = list.reduce((sum, group) => sum + group.count, 0);
        return (
          <div className={classes.connections}>
            <div className={classes.deadHead}>
              <span>
                {plural(total, "event")} in {plural(list.length, "group")} by cause, most first
              </span>
              {canEdit && list.length > 1 ? (
                <Button className={classes.right} variant="default" onClick={() => sendAgain(undefined)}>
                  Send all {formatNumber(total)} again
                </Button>
              ) : null}
            </div>
            {list.map((group) => (
              <Group
                key={`${group.connectionId} ${group.reason}`}
                group={group}
                source={sourceOf(group)}
                onSend={canEdit ? () => sendAgain(group.reason) : undefined}
              />
            ))}
          </div>
        );
      }}
    </QueryView>
  );
}

function useSend(destinationId: string) {
  const send = useSendAgain(destinationId);
  return (reason: string | undefined) =>
    send.mutate(reason, {
      onSuccess: (queued) => notifyDone(`${plural(queued, "event")} will be sent again`),
      onError: (error) => notifyFailed("Nothing was sent again", error),
    });
}

interface GroupProps {
  group: DeadLetterGroup;
  source: string;
  onSend: (() => void) | undefined;
}

function Group({ group, source, onSend }: GroupProps) {
  const [opened, setOpened] = useState(false);
  const { sample } = group;
  return (
    <section className={`panel ${classes.connection}`} aria-label={reasonInWords(group.reason)}>
      <div className={classes.connectionHead}>
        <span className={classes.count}>{formatNumber(group.count)}</span>
        <div className={classes.cause}>
          <strong>{reasonInWords(group.reason)}</strong>
          <span className={classes.words}>
            {source ? `from ${source} · ` : ""}
            <span className="mono">{group.reason}</span>
          </span>
        </div>
        <div className={classes.buttons}>
          {sample ? (
            <Button variant="subtle" size="compact-sm" aria-expanded={opened} onClick={() => setOpened(!opened)}>
              {opened ? "Hide the oldest" : "Show the oldest"}
            </Button>
          ) : null}
          {onSend ? (
            <Button variant="default" size="compact-sm" onClick={onSend}>
              Send again
            </Button>
          ) : null}
        </div>
      </div>
      {sample?.detail ? <p className={classes.reason}>{sample.detail}</p> : null}
      {opened && sample ? (
        <div className={classes.sample}>
          <Facts
            items={[
              ["Message id", <Id key="id" value={sample.messageId} what="message id" />],
              ["Given up", <RelativeTime key="at" at={sample.at} />],
              ["Attempts", formatNumber(sample.attempts)],
            ]}
          />
          {sample.exchange ? <Exchange exchange={sample.exchange} /> : null}
          {sample.event ? <JsonView value={sample.event} label="The event" maxHeight={320} /> : null}
        </div>
      ) : null}
    </section>
  );
}
