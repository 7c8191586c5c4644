import { Alert, Button, Textarea } from "@mantine/core";
import { useState } from "react";
import type { FormEvent } from "react";
import type { Schema } from "../../api/client";
import { isApiError, messageOf } from "../../api/errors";
import { type Destination, useDeletePeople } from "../../api/queries/destinations";
import { Exchange } from "../../components/Exchange";
import { SidePanel } from "../../components/SidePanel";
import { type StateTone, StateDot } from "../../components/StateDot";
import { plural } from "../../lib/format";
import classes from "./destinations.module.css";

interface Props {
  destination: Destination;
  onClose: () => void;
}

export const idsIn = (text: string) => [...new Set(text.split(/[\n,;]/).map((id) => id.trim()))].filter((id) => id !== "");

/** Asks the destination's peer to delete what it knows of people. */
export function DeletePeople({ destination, onClose }: Props) {
  const [text, setText] = useState("");
  const asking = useDeletePeople(destination.id);
  const ids = idsIn(text);
  const isConnected = destination.connections.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    asking.mutate(ids);
  };
  const problem = asking.isError && isApiError(asking.error) ? Object.values(asking.error.byField())[0] : undefined;
  return (
    <SidePanel opened onClose={onClose} title={`Delete people at ${destination.name}`} width={680}>
      <form className={classes.connections} onSubmit={submit}>
        <p className={classes.lead}>
          {destination.name} is asked to delete what it knows of these people. What Sluice keeps of them stays: a
          person is erased here on their own page.
        </p>
        <Textarea
          label="User ids"
          description="One on each line, at most 100."
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={problem ?? (isConnected ? null : "Connect a source to the destination first.")}
          autosize
          minRows={4}
          maxRows={14}
          spellCheck={false}
          data-autofocus
        />
        <Button
          type="submit"
          color="red"
          loading={asking.isPending}
          disabled={!isConnected || ids.length === 0}
          style={{ alignSelf: "flex-start" }}
        >
          {ids.length === 0 ? "Ask to delete" : `Ask to delete ${plural(ids.length, "person", "people")}`}
        </Button>
      </form>
      {asking.isError && problem === undefined ? (
        <Alert color="red" variant="light" role="alert" mt="md">
          {messageOf(asking.error)}
        </Alert>
      ) : null}
      {asking.data && !asking.isError ? <Outcome deletion={asking.data} name={destination.name} /> : null}
    </SidePanel>
  );
}

const VERDICTS: Record<Schema<"DeletionVerdict">, { tone: StateTone; words: (name: string) => string }> = {
  accepted: { tone: "good", words: (name) => `${name} takes it on` },
  retry: { tone: "warn", words: (name) => `${name} could not take it now: ask again later` },
  refused: { tone: "bad", words: (name) => `${name} refused it` },
};

function Outcome({ deletion, name }: { deletion: Schema<"PeopleDeletion">; name: string }) {
  const { tone, words } = VERDICTS[deletion.verdict];
  return (
    <div className={classes.outcome}>
      <div role="status">
        <StateDot tone={tone}>
          <strong>{words(name)}</strong>
        </StateDot>{" "}
        {deletion.code ? <span className="mono">{deletion.code}</span> : null}
        <p className={classes.reason}>{deletion.explanation}</p>
      </div>
      {deletion.exchange ? <Exchange exchange={deletion.exchange} /> : null}
    </div>
  );
}
