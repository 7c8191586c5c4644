import { Alert, Button, Select, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { FormEvent } from "react";
import type { Schema } from "../../api/client";
import { type Destination, useTestDestination } from "../../api/queries/destinations";
import { messageOf } from "../../api/errors";
import { receiptAtQuery } from "../../api/queries/liveEvents";
import { Exchange } from "../../components/Exchange";
import { JsonView } from "../../components/JsonView";
import { notifyFailed } from "../../components/notify";
import { SidePanel } from "../../components/SidePanel";
import { type StateTone, StateDot } from "../../components/StateDot";
import { formatDuration, plural } from "../../lib/format";
import classes from "./destinations.module.css";
import { eventOption, useRecentEvents } from "./recent";
import { asSent } from "./testEvents";

interface Props {
  destination: Destination;
  /** The event to begin with, instead of a sample. */
  start?: unknown;
  onClose: () => void;
}

const SAMPLE = {
  type: "track",
  event: "Test Event",
  userId: "test-user",
  properties: { sentBy: "Sluice" },
};

const textOf = (event: unknown) => JSON.stringify(event, null, 2);

/** One event to the destination at once, with the request and the answer. */
export function TestEvent({ destination, start, onClose }: Props) {
  const [text, setText] = useState(textOf(start === undefined ? SAMPLE : asSent(start)));
  const [problem, setProblem] = useState<string>();
  const test = useTestDestination(destination.id);
  const isConnected = destination.connections.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A press in a list that lies over the panel comes here, too.
    event.stopPropagation();
    try {
      const parsed: unknown = JSON.parse(text);
      setProblem(undefined);
      test.mutate(parsed);
    } catch (error) {
      setProblem(`This is no JSON: ${messageOf(error)}`);
    }
  };
  return (
    <SidePanel opened onClose={onClose} title={`Test event to ${destination.name}`} width={680}>
      <form className={classes.connections} onSubmit={submit}>
        <p className={classes.lead}>
          Goes to {destination.name} with its settings at once, also while it is off. It is in no
          account and in no chart; only {destination.name} gets it.
        </p>
        <Beginning destination={destination} onChoose={(event) => setText(textOf(event))} />
        <Textarea
          label="The event, as a sender would write it"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={problem ?? (isConnected ? null : "Connect a source to the destination first.")}
          autosize
          minRows={6}
          maxRows={18}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        />
        <Button type="submit" loading={test.isPending} disabled={!isConnected} style={{ alignSelf: "flex-start" }}>
          {test.data || test.isError ? "Send again" : "Send test event"}
        </Button>
      </form>
      {test.isError ? (
        <Alert color="red" variant="light" role="alert" mt="md">
          {messageOf(test.error)}
        </Alert>
      ) : null}
      {test.data && !test.isError ? <Outcome test={test.data} name={destination.name} /> : null}
    </SidePanel>
  );
}

/** A real event to begin with. */
function Beginning({ destination, onChoose }: { destination: Destination; onChoose: (event: unknown) => void }) {
  const { events } = useRecentEvents(destination);
  const [chosen, setChosen] = useState<string | null>(null);
  const client = useQueryClient();
  if (events.length === 0) return null;
  const choose = (offset: string | null) => {
    setChosen(offset);
    if (offset === null) return;
    client.fetchQuery({ ...receiptAtQuery(offset), staleTime: Infinity }).then(
      ({ event }) => onChoose(asSent(event)),
      (error: unknown) => notifyFailed("The event could not be read", error),
    );
  };
  return (
    <Select
      label="Begin with a recent event"
      placeholder="Or write one below"
      data={events.map(eventOption)}
      value={chosen}
      onChange={choose}
      searchable
    />
  );
}

const VERDICTS: Record<Schema<"TestVerdict">, { tone: StateTone; words: (name: string) => string }> = {
  delivered: { tone: "good", words: (name) => `${name} took it` },
  retry: { tone: "warn", words: (name) => `${name} could not take it now` },
  suspend: { tone: "bad", words: (name) => `${name} does not let Sluice in` },
  reject: { tone: "bad", words: (name) => `${name} refused it` },
  filtered: { tone: "idle", words: () => "Nothing was sent" },
  misfit: { tone: "bad", words: () => "The settings do not fit" },
};

function Outcome({ test, name }: { test: Schema<"DeliveryTest">; name: string }) {
  const { tone, words } = VERDICTS[test.verdict];
  return (
    <div className={classes.outcome}>
      <div role="status">
        <StateDot tone={tone}>
          <strong>{words(name)}</strong>
        </StateDot>{" "}
        <span className={classes.words}>
          {test.code ? <span className="mono">{test.code} · </span> : null}
          {formatDuration(test.tookMs)}
          {test.exchanges.length > 1 ? ` · ${plural(test.exchanges.length, "request")}` : ""}
        </span>
        <p className={classes.reason}>{test.explanation}</p>
      </div>
      {test.exchanges.map((exchange, at) => (
        <Exchange
          key={at}
          exchange={exchange}
          {...(test.exchanges.length > 1 ? { number: at + 1 } : {})}
        />
      ))}
      <details>
        <summary>The event as it was sent on</summary>
        <JsonView value={test.event} label="The event as it was sent on" maxHeight={320} />
      </details>
    </div>
  );
}
