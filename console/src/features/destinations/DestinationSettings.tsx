import { Alert, Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { FormEvent } from "react";
import { isApiError, messageOf } from "../../api/errors";
import { catalogQuery, type DestinationKind } from "../../api/queries/catalog";
import {
  type Destination,
  remarksQuery,
  useDeleteDestination,
  useRestoreDestination,
  useUpdateDestination,
} from "../../api/queries/destinations";
import { useCan } from "../../api/session";
import { Id } from "../../components/Id";
import { notifyDone, notifyFailed, notifyUndo } from "../../components/notify";
import { QueryView } from "../../components/QueryView";
import { SettingsForm } from "../../components/SettingsForm";
import { BlockSkeleton } from "../../components/Skeletons";
import { useConfirm } from "../../components/useConfirm";
import { changedSettings, missingSettings, problemsByKey, type SentSettings, type Settings, shownFields } from "../../lib/settings";
import { DeviceModeNote } from "./DeviceModeNote";
import classes from "./destinations.module.css";
import { OAuthConnect } from "./OAuthConnect";

export function DestinationSettings({ destination }: { destination: Destination }) {
  const kind = useQuery({
    ...catalogQuery,
    select: (kinds) => kinds.find((one) => one.id === destination.metadata.id) ?? null,
  });
  return (
    <QueryView query={kind} failed="The catalogue could not be read" loading={<BlockSkeleton />}>
      {(found) => (found ? <SettingsEditor destination={destination} kind={found} /> : null)}
    </QueryView>
  );
}

function SettingsEditor({ destination, kind }: { destination: Destination; kind: DestinationKind }) {
  const known = destination.settings as Settings;
  const [name, setName] = useState(destination.name);
  const [edited, setEdited] = useState<Settings>({});
  const [missing, setMissing] = useState<Record<string, string>>({});
  const update = useUpdateDestination(destination.id);
  const canEdit = useCan("editor");
  const answered = isApiError(update.error) ? problemsByKey(update.error.byField()) : {};
  const problems = { ...answered, ...missing };
  const changes = changedSettings(kind.settings, known, edited);
  const changed = name !== destination.name || Object.keys(changes).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const needed = missingSettings(kind.settings, { ...known, ...edited });
    setMissing(needed);
    if (Object.keys(needed).length > 0) return;
    update.mutate({ name, settings: changes as SentSettings }, { onSuccess: () => notifyDone("Saved") });
  };
  return (
    <form onSubmit={submit} className={classes.form} noValidate>
      {update.isError ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(update.error)}
        </Alert>
      ) : null}
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} error={problems["name"]} disabled={!canEdit} required />
      <div>
        <div className={classes.label}>Id</div>
        <Id value={destination.id} what="destination id" />
      </div>
      <DeviceModeNote kind={kind} settings={{ ...known, ...edited }} />
      {kind.connectsByOauth ? <OAuthConnect destination={destination} fields={kind.settings} unsaved={changed} /> : null}
      <SettingsForm
        fields={shownFields(kind.settings, { ...known, ...edited })}
        values={{ ...known, ...edited }}
        problems={problems}
        disabled={!canEdit}
        onChange={(key, value) => setEdited((old) => ({ ...old, [key]: value }))}
      />
      <Remarks destinationId={destination.id} settings={changes} />
      {canEdit ? (
        <>
          <Button type="submit" loading={update.isPending} disabled={!changed} style={{ alignSelf: "flex-start" }}>
            Save
          </Button>
          <DeleteDestination destination={destination} />
        </>
      ) : null}
    </form>
  );
}

/** What the settings cost, as they stand in the form. */
function Remarks({ destinationId, settings }: { destinationId: string; settings: Settings }) {
  const [asked] = useDebouncedValue(settings, 400);
  const remarks = useQuery(remarksQuery(destinationId, asked)).data ?? [];
  return (
    <>
      {remarks.map((remark) => (
        <Alert
          key={remark.text}
          color={remark.isWarning ? "yellow" : "gray"}
          variant="light"
          role={remark.isWarning ? "alert" : "note"}
        >
          {remark.text}
        </Alert>
      ))}
    </>
  );
}

function DeleteDestination({ destination }: { destination: Destination }) {
  const remove = useDeleteDestination(destination.id);
  const restore = useRestoreDestination(destination.id);
  const navigate = useNavigate();
  const [dialog, ask] = useConfirm();
  const onDelete = () =>
    remove.mutate(undefined, {
      onError: (error) => notifyFailed("The destination was not deleted", error),
      onSuccess: () => {
        void navigate({ to: "/destinations" });
        notifyUndo(`${destination.name} is deleted`, () => restore.mutate(undefined));
      },
    });
  return (
    <div>
      <Button
        variant="default"
        c="var(--sl-bad)"
        onClick={() =>
          ask({
            title: `Delete ${destination.name}?`,
            words: "Nothing more is sent, also not what waits. It can be restored with its settings and connections.",
            verb: "Delete destination",
            act: onDelete,
          })
        }
      >
        Delete destination
      </Button>
      {dialog}
    </div>
  );
}
