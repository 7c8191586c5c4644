import { Alert, Button, Checkbox, TagsInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FormEvent } from "react";
import { messageOf } from "../../api/errors";
import type { Schema } from "../../api/client";
import { type Destination, useSetRouting } from "../../api/queries/destinations";
import { eventNamesQuery } from "../../api/queries/eventSchema";
import { sourcesQuery } from "../../api/queries/sources";
import { useCan } from "../../api/session";
import { notifyDone } from "../../components/notify";
import classes from "./destinations.module.css";
import { CALLS, draftOf, routingOf } from "./routingModel";

type Connection = Schema<"ConnectionView">;

/** What of each source's events the destination gets at all, before filters are asked. */
export function Routing({ destination }: { destination: Destination }) {
  const sources = useQuery(sourcesQuery).data ?? [];
  const nameOf = (id: string) => sources.find((source) => source.id === id)?.name ?? "A deleted source";
  return (
    <div className={classes.connections}>
      <p className={classes.lead}>
        Asked before the filters: whether the person agreed, whether the sender wants it, whether the
        event is switched on. An event that names this destination in its <code>integrations</code>{" "}
        passes over the switches, never over consent.
      </p>
      {destination.connections.map((connection) => (
        <ConnectionRouting
          key={`${connection.id}/${destination.revision}`}
          destinationId={destination.id}
          connection={connection}
          name={nameOf(connection.sourceId)}
        />
      ))}
    </div>
  );
}

interface Props {
  destinationId: string;
  connection: Connection;
  name: string;
}

function ConnectionRouting({ destinationId, connection, name }: Props) {
  const canEdit = useCan("editor");
  const events = (useQuery(eventNamesQuery).data ?? []).map((event) => event.name);
  const [draft, setDraft] = useState(() => draftOf(connection.routing));
  const save = useSetRouting(destinationId);
  const wanted = routingOf(draft);
  const changed = JSON.stringify(wanted) !== JSON.stringify(routingOf(draftOf(connection.routing)));
  const tracks = draft.calls.includes("track");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ sourceId: connection.sourceId, routing: wanted }, { onSuccess: () => notifyDone("Saved") });
  };
  return (
    <form className={`panel ${classes.connection}`} aria-label={`From ${name}`} onSubmit={submit}>
      <strong>{name}</strong>
      {save.isError ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(save.error)}
        </Alert>
      ) : null}
      <TagsInput
        label="Consent categories"
        description="Ids of your consent manager. A person must have agreed to all of them. Events without consent preferences pass; with none here, nobody is asked."
        placeholder={draft.consent.length === 0 ? "Type an id and press Enter" : ""}
        value={draft.consent}
        disabled={!canEdit}
        onChange={(consent) => setDraft({ ...draft, consent })}
      />
      <Checkbox.Group
        label="Calls that are sent"
        value={draft.calls}
        onChange={(calls) => setDraft({ ...draft, calls })}
      >
        <div className={classes.checks}>
          {CALLS.map((call) => (
            <Checkbox key={call} value={call} label={call} disabled={!canEdit} />
          ))}
        </div>
      </Checkbox.Group>
      <TagsInput
        label={tracks ? "Track events that are not sent" : "Track events that are sent all the same"}
        description="By name, exactly as they are sent."
        placeholder={(tracks ? draft.eventsOff : draft.eventsOn).length === 0 ? "Choose a name or type one" : ""}
        data={events}
        value={tracks ? draft.eventsOff : draft.eventsOn}
        disabled={!canEdit}
        onChange={(names) => setDraft({ ...draft, [tracks ? "eventsOff" : "eventsOn"]: names })}
      />
      {canEdit ? (
        <Button type="submit" loading={save.isPending} disabled={!changed} style={{ alignSelf: "flex-start" }}>
          Save
        </Button>
      ) : null}
    </form>
  );
}
