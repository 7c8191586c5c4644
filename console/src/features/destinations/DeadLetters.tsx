import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { useState } from "react";
import { catalogQuery } from "../../api/queries/catalog";
import {
  deadLetterGroupsQuery,
  deadLettersQuery,
  type Destination,
  type SendAgain,
  useSendAgain,
} from "../../api/queries/destinations";
import { sourcesQuery } from "../../api/queries/sources";
import { useCan } from "../../api/session";
import { EmptyState } from "../../components/EmptyState";
import { notifyDone, notifyFailed } from "../../components/notify";
import { QueryView } from "../../components/QueryView";
import { TextSkeleton } from "../../components/Skeletons";
import { formatNumber, plural } from "../../lib/format";
import { reasonInWords } from "../../lib/reasons";
import { byCause, type Cause } from "./deadLetters";
import { DeadLetterRow } from "./DeadLetterRow";
import classes from "./destinations.module.css";

export function DeadLetters({ destination }: { destination: Destination }) {
  const groups = useQuery(deadLetterGroupsQuery(destination.id));
  const sources = useQuery(sourcesQuery).data ?? [];
  const send = useSend(destination.id);
  const canEdit = useCan("editor");
  const nameOf = (connectionId: string) => {
    const found = destination.connections.find((connection) => connection.id === connectionId);
    return sources.find((source) => source.id === found?.sourceId)?.name;
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
        const causes = byCause(list);
        const total = causes.reduce((sum, cause) => sum + cause.count, 0);
        return (
          <div className={classes.connections}>
            <div className={classes.deadHead}>
              <span>
                {plural(total, "event")} in {plural(causes.length, "group")} by cause, most first.
              </span>
              <FixFirst destination={destination} />
              {canEdit && total > 1 ? (
                <Button className={classes.right} variant="default" onClick={() => send({})}>
                  Send all {formatNumber(total)} again
                </Button>
              ) : null}
            </div>
            {causes.map((cause) => (
              <Group
                key={cause.reason}
                destination={destination}
                cause={cause}
                sources={cause.connectionIds.map(nameOf).filter((name) => name !== undefined)}
                send={canEdit ? send : undefined}
              />
            ))}
          </div>
        );
      }}
    </QueryView>
  );
}

/** Sent again as it is, it would be refused again. */
function FixFirst({ destination }: { destination: Destination }) {
  const kinds = useQuery(catalogQuery).data ?? [];
  const hasActions = kinds.some((kind) => kind.id === destination.metadata.id && kind.hasActions);
  const tab = hasActions ? "mappings" : "settings";
  return (
    <span>
      Put right what they are refused for{" "}
      <Link to="/destinations/$destinationId" params={{ destinationId: destination.id }} search={{ tab }}>
        in the {tab}
      </Link>
      , then send them again.
    </span>
  );
}

type Send = (which: SendAgain) => void;

function useSend(destinationId: string): Send {
  const send = useSendAgain(destinationId);
  return (which) =>
    send.mutate(which, {
      onSuccess: (queued) => notifyDone(`${plural(queued, "event")} will be sent again`),
      onError: (error) => notifyFailed("Nothing was sent again", error),
    });
}

interface GroupProps {
  destination: Destination;
  cause: Cause;
  sources: string[];
  send: Send | undefined;
}

function Group({ destination, cause, sources, send }: GroupProps) {
  const [opened, setOpened] = useState(false);
  const { reason, count, sample } = cause;
  return (
    <section className={`panel ${classes.connection}`} aria-label={reasonInWords(reason)}>
      <div className={classes.connectionHead}>
        <span className={classes.count}>{formatNumber(count)}</span>
        <div className={classes.cause}>
          <strong>{reasonInWords(reason)}</strong>
          <span className={classes.words}>
            {sources.length > 0 ? `from ${sources.join(", ")} · ` : ""}
            <span className="mono">{reason}</span>
          </span>
        </div>
        <div className={classes.buttons}>
          <Button variant="subtle" size="compact-sm" aria-expanded={opened} onClick={() => setOpened(!opened)}>
            {opened ? "Hide them" : count === 1 ? "Show it" : "Show them"}
          </Button>
          {send ? (
            <Button variant="default" size="compact-sm" onClick={() => send({ reason })}>
              {count === 1 ? "Send again" : `Send these ${formatNumber(count)} again`}
            </Button>
          ) : null}
        </div>
      </div>
      {sample?.detail ? <p className={classes.reason}>{sample.detail}</p> : null}
      {opened ? <Letters destination={destination} reason={reason} send={send} /> : null}
    </section>
  );
}

function Letters({ destination, reason, send }: { destination: Destination; reason: string; send: Send | undefined }) {
  const letters = useInfiniteQuery(deadLettersQuery(destination.id, reason));
  if (letters.data === undefined) {
    return letters.isError ? <p className={classes.problem}>The list could not be read.</p> : <TextSkeleton lines={3} />;
  }
  const list = letters.data.pages.flatMap((page) => page.deadLetters);
  return (
    <>
      <ul className={classes.letters}>
        {list.map((letter) => (
          <DeadLetterRow
            key={`${letter.connectionId} ${letter.offset}`}
            letter={letter}
            startOpen={list.length === 1}
            onSend={send ? () => send({ offsets: [letter.offset] }) : undefined}
          />
        ))}
      </ul>
      {letters.hasNextPage ? (
        <Button variant="default" size="compact-sm" loading={letters.isFetchingNextPage} onClick={() => void letters.fetchNextPage()} style={{ alignSelf: "flex-start" }}>
          Show more
        </Button>
      ) : null}
    </>
  );
}
