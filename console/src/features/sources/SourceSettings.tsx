import { Button, NumberInput, Switch, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { FormEvent } from "react";
import { isApiError, messageOf } from "../../api/errors";
import { type Source, useDeleteSource, useRestoreSource, useUpdateSource } from "../../api/queries/sources";
import { useCan } from "../../api/session";
import { Id } from "../../components/Id";
import { notifyDone, notifyFailed, notifyUndo } from "../../components/notify";
import { useConfirm } from "../../components/useConfirm";
import classes from "./sources.module.css";

export function SourceSettings({ source }: { source: Source }) {
  const update = useUpdateSource(source.id);
  const canEdit = useCan("editor");
  const [rate, setRate] = useState<string | number>(source.settings.requestsPerSecondMax ?? "");
  const [enabled, setEnabled] = useState(source.enabled);
  const problems = isApiError(update.error) ? update.error.byField() : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name"));
    const requestsPerSecondMax = rate === "" ? null : Number(rate);
    update.mutate(
      { name, enabled, settings: { requestsPerSecondMax } },
      { onSuccess: () => notifyDone("Saved") },
    );
  };
  return (
    <form onSubmit={submit} className={classes.form}>
      <TextInput name="name" label="Name" defaultValue={source.name} disabled={!canEdit} required error={problems["name"]} />
      <div>
        <div className={classes.boxTitle} style={{ margin: 0 }}>Id</div>
        <Id value={source.id} what="source id" />
      </div>
      <Switch
        label="Takes events"
        description="Off: what comes is refused and stays in the ledger."
        checked={enabled}
        disabled={!canEdit}
        onChange={(event) => setEnabled(event.currentTarget.checked)}
      />
      <NumberInput
        label="Requests per second, at most"
        description="Empty: the server's default. More is answered 429, and SDKs come back."
        value={rate}
        onChange={setRate}
        min={1}
        max={1_000_000}
        disabled={!canEdit}
        hideControls
        error={problems["settings.requestsPerSecondMax"] ?? (update.isError && Object.keys(problems).length === 0 ? messageOf(update.error) : null)}
      />
      {canEdit ? (
        <>
          <Button type="submit" loading={update.isPending} style={{ alignSelf: "flex-start" }}>
            Save
          </Button>
          <DeleteSource source={source} />
        </>
      ) : null}
    </form>
  );
}

function DeleteSource({ source }: { source: Source }) {
  const remove = useDeleteSource(source.id);
  const restore = useRestoreSource(source.id);
  const navigate = useNavigate();
  const [dialog, ask] = useConfirm();
  const keys = source.writeKeys.length === 1 ? "Its write key stops" : `Its ${source.writeKeys.length} write keys stop`;
  const onDelete = () =>
    remove.mutate(undefined, {
      onError: (error) => notifyFailed("The source was not deleted", error),
      onSuccess: () => {
        void navigate({ to: "/sources" });
        notifyUndo(`${source.name} is deleted`, () => restore.mutate(undefined));
      },
    });
  return (
    <div className={classes.danger}>
      <Button
        variant="default"
        c="var(--sl-bad)"
        onClick={() =>
          ask({
            title: `Delete ${source.name}?`,
            words: `${keys} at once and its connections rest. Events that came stay. It can be restored.`,
            verb: "Delete source",
            act: onDelete,
          })
        }
      >
        Delete source
      </Button>
      {dialog}
    </div>
  );
}
