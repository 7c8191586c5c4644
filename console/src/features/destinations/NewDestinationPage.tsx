import { Alert, Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { FormEvent } from "react";
import { isApiError, messageOf } from "../../api/errors";
import { catalogQuery, type DestinationKind } from "../../api/queries/catalog";
import { useCreateDestination } from "../../api/queries/destinations";
import { sourcesQuery } from "../../api/queries/sources";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { SettingsForm } from "../../components/SettingsForm";
import { BlockSkeleton } from "../../components/Skeletons";
import { changedSettings, missingSettings, problemsByKey, type SentSettings, type Settings, shownFields } from "../../lib/settings";
import { DeviceModeNote } from "./DeviceModeNote";
import classes from "./destinations.module.css";

const route = getRouteApi("/shell/destinations/new/$kindId");

export function NewDestinationPage() {
  const { kindId } = route.useParams();
  const kind = useQuery({
    ...catalogQuery,
    select: (kinds) => kinds.find((one) => one.id === kindId) ?? null,
  });
  const name = kind.data?.name ?? "New destination";
  return (
    <Page title={`How does ${name} take events?`} name={name}>
      <QueryView query={kind} failed="The catalogue could not be read" loading={<BlockSkeleton />}>
        {(found) => (found ? <NewDestination kind={found} /> : <p>There is no such destination.</p>)}
      </QueryView>
    </Page>
  );
}

function NewDestination({ kind }: { kind: DestinationKind }) {
  const sources = useQuery(sourcesQuery).data ?? [];
  const [name, setName] = useState(kind.name);
  const [chosen, setChosen] = useState<string | null>(null);
  const [settings, setSettings] = useState<Settings>({});
  const [missing, setMissing] = useState<Record<string, string>>({});
  const navigate = useNavigate();
  const create = useCreateDestination();
  const sourceId = chosen ?? sources[0]?.id ?? null;
  const answered = isApiError(create.error) ? problemsByKey(create.error.byField()) : {};
  const problems = { ...answered, ...missing };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const needed = missingSettings(kind.settings, settings);
    setMissing(needed);
    if (sourceId === null || Object.keys(needed).length > 0) return;
    create.mutate(
      { name, metadataId: kind.id, sourceId, settings: changedSettings(kind.settings, {}, settings) as SentSettings },
      {
        onSuccess: (destination) =>
          void navigate({
            to: "/destinations/$destinationId",
            params: { destinationId: destination.id },
          }),
      },
    );
  };
  return (
    <form onSubmit={submit} className={classes.form} noValidate>
      <p className={classes.lead}>{kind.description}</p>
      {create.isError ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(create.error)}
        </Alert>
      ) : null}
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} error={problems["name"]} required />
      <Select
        label="Source"
        description="The first one; more can be connected later."
        data={sources.map((source) => ({ value: source.id, label: source.name }))}
        value={sourceId}
        onChange={setChosen}
        allowDeselect={false}
        error={problems["sourceId"] ?? (sources.length === 0 ? "Create a source first." : null)}
        required
      />
      <DeviceModeNote kind={kind} settings={settings} />
      <SettingsForm
        fields={shownFields(kind.settings, settings)}
        values={settings}
        problems={problems}
        onChange={(key, value) => setSettings((old) => ({ ...old, [key]: value }))}
      />
      <Button type="submit" loading={create.isPending} style={{ alignSelf: "flex-start" }}>
        Add destination
      </Button>
    </form>
  );
}
