import { Alert, Button, MultiSelect, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { FormEvent } from "react";
import { isApiError, messageOf } from "../../api/errors";
import { catalogQuery, type DestinationKind } from "../../api/queries/catalog";
import { useCreateDestination } from "../../api/queries/destinations";
import { sourcesQuery } from "../../api/queries/sources";
import { notifyFailed } from "../../components/notify";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { SettingsForm } from "../../components/SettingsForm";
import { BlockSkeleton } from "../../components/Skeletons";
import { formatNumber, plural } from "../../lib/format";
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
  const known = useQuery(sourcesQuery).data;
  const sources = known ?? [];
  const [name, setName] = useState(kind.name);
  const [chosen, setChosen] = useState<string[] | null>(null);
  // What an action sends is looked at before anything goes out.
  const [enabled, setEnabled] = useState(!kind.hasActions);
  const [settings, setSettings] = useState<Settings>({});
  const [missing, setMissing] = useState<Record<string, string>>({});
  const navigate = useNavigate();
  const create = useCreateDestination();
  const sourceIds = chosen ?? (sources.length === 1 ? sources.map((source) => source.id) : []);
  const answered = isApiError(create.error) ? problemsByKey(create.error.byField()) : {};
  const problems = { ...answered, ...missing };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const needed = missingSettings(kind.settings, settings);
    const [sourceId, ...moreSourceIds] = sourceIds;
    if (sourceId === undefined) needed["sourceId"] = "Choose at least one source.";
    setMissing(needed);
    if (sourceId === undefined || Object.keys(needed).length > 0) return;
    const sent = changedSettings(kind.settings, {}, settings) as SentSettings;
    create.mutate(
      { name, metadataId: kind.id, sourceId, moreSourceIds, enabled, settings: sent },
      {
        onSuccess: ({ destination, failure }) => {
          if (failure !== undefined) notifyFailed("Not every source could be connected", failure);
          void navigate({
            to: "/destinations/$destinationId",
            params: { destinationId: destination.id },
            search: { tab: kind.hasActions ? "mappings" : "delivery" },
          });
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className={classes.form} noValidate>
      <p className={classes.lead}>{kind.description}</p>
      {kind.hasActions ? (
        <p className={classes.lead}>
          Which events start what there is said by mappings: that comes next.
        </p>
      ) : null}
      {kind.compared ? (
        <p className={classes.words}>
          Its code is as it was published. Of {plural(kind.compared.runs, "run")} with sample events and
          answers {formatNumber(kind.compared.equal)} did the same here as in Node.
        </p>
      ) : null}
      {create.isError ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(create.error)}
        </Alert>
      ) : null}
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} error={problems["name"]} required />
      <MultiSelect
        label="Sources"
        description="Whose events are sent, from now on. More can be connected later."
        data={sources.map((source) => ({ value: source.id, label: source.name }))}
        value={sourceIds}
        onChange={setChosen}
        error={problems["sourceId"] ?? (known?.length === 0 ? "Create a source first." : null)}
        searchable
        hidePickedOptions
        required
      />
      <DeviceModeNote kind={kind} settings={settings} />
      <SettingsForm
        fields={shownFields(kind.settings, settings)}
        values={settings}
        problems={problems}
        onChange={(key, value) => setSettings((old) => ({ ...old, [key]: value }))}
      />
      <Switch
        label="Send events from the beginning"
        description={
          kind.hasActions
            ? "Off: look at the mappings and try an event out first. Events that come while it is off are not sent later."
            : "Events that come while it is off are not sent later."
        }
        checked={enabled}
        onChange={(event) => setEnabled(event.currentTarget.checked)}
      />
      <Button type="submit" loading={create.isPending} style={{ alignSelf: "flex-start" }}>
        Add destination
      </Button>
    </form>
  );
}
