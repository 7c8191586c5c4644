// What the dictionary says of one event, property or trait.

import { Autocomplete, Button, Checkbox, TagsInput, Text, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { useDeleteEntry, useSetEntry, type EntryKind, type EntrySays } from "../../api/queries/dictionary";
import type { EventName } from "../../api/queries/eventSchema";
import { useCan } from "../../api/session";
import { notifyDone, notifyFailed } from "../../components/notify";
import type { SchemaRow } from "./model";

interface Props {
  kind: EntryKind;
  /** Absent for a custom event that does not exist yet. */
  row: SchemaRow | undefined;
  events: readonly EventName[];
  onDone: () => void;
}

export function EntryForm({ kind, row, events, onDone }: Props) {
  const may = useCan("editor");
  const entry = row?.entry;
  const [name, setName] = useState(row?.name ?? "");
  const [says, setSays] = useState<Partial<EntrySays>>({
    displayName: entry?.displayName ?? "",
    description: entry?.description ?? "",
    isHidden: entry?.isHidden ?? false,
    isDeprecated: entry?.isDeprecated ?? false,
    isTest: entry?.isTest ?? false,
    isDeleted: entry?.isDeleted ?? false,
    sameAs: entry?.sameAs,
    anyOf: entry?.anyOf,
  });
  const set = useSetEntry();
  const remove = useDeleteEntry();
  const change = (next: Partial<EntrySays>) => setSays({ ...says, ...next });
  const isCustom = kind === "custom_event";
  const parts = says.anyOf ?? [];
  const hasFilters = parts.some((one) => (one.filters ?? []).length > 0);
  const seen = events.filter((one) => !one.name.startsWith("ce:") && !one.name.startsWith("$")).map((one) => one.name);
  const canSave = name.trim() !== "" && (!isCustom || parts.length > 0);
  const save = () =>
    set.mutate({ kind, name: name.trim(), says: { ...says, sameAs: says.sameAs === "" ? undefined : says.sameAs } }, {
      onSuccess: () => {
        notifyDone("Saved.");
        onDone();
      },
      onError: (error) => notifyFailed("Not saved", error),
    });
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 12 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSave) save();
      }}
    >
      {row ? null : <TextInput label="Name" description="Asked for as this name after ce:" value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} />}
      <TextInput label="Display name" placeholder={name} value={says.displayName ?? ""} maxLength={200} disabled={!may} onChange={(event) => change({ displayName: event.currentTarget.value })} />
      <Textarea label="Description" value={says.description ?? ""} maxLength={2000} autosize minRows={2} disabled={!may} onChange={(event) => change({ description: event.currentTarget.value })} />
      {isCustom && hasFilters ? <Text fz={13}>{`Made through the API of ${parts.map((one) => one.event).join(", ")}, with conditions.`}</Text> : null}
      {isCustom && !hasFilters ? (
        <TagsInput label="Made of" description="An event that is one of these is the custom event." data={seen} value={parts.map((one) => one.event)} disabled={!may} acceptValueOnBlur onChange={(names) => change({ anyOf: names.map((event) => ({ event })) })} />
      ) : null}
      {kind === "event" ? (
        <Autocomplete
          label="Counts as"
          description="If the event was renamed: its other name. Both then count as that one, also in the past."
          data={seen.filter((one) => one !== name)}
          value={says.sameAs ?? ""}
          disabled={!may}
          onChange={(sameAs) => change({ sameAs })}
        />
      ) : null}
      <Checkbox label="Hidden: pickers do not offer it; it still counts" checked={says.isHidden ?? false} disabled={!may} onChange={(event) => change({ isHidden: event.currentTarget.checked })} />
      <Checkbox label="Deprecated: pickers do not offer it; use something else" checked={says.isDeprecated ?? false} disabled={!may} onChange={(event) => change({ isDeprecated: event.currentTarget.checked })} />
      <Checkbox label="Comes from testing" checked={says.isTest ?? false} disabled={!may} onChange={(event) => change({ isTest: event.currentTarget.checked })} />
      {kind === "event" ? (
        <Checkbox label="Not counted: in no answer, until this is taken back" checked={says.isDeleted ?? false} disabled={!may} onChange={(event) => change({ isDeleted: event.currentTarget.checked })} />
      ) : null}
      {may ? (
        <div style={{ display: "flex", gap: 8 }}>
          <Button type="submit" loading={set.isPending} disabled={!canSave}>
            Save
          </Button>
          {entry ? (
            <Button
              variant="default"
              loading={remove.isPending}
              onClick={() => remove.mutate({ kind, name: entry.name }, { onSuccess: onDone, onError: (error) => notifyFailed("Not changed", error) })}
            >
              {isCustom ? "Delete custom event" : "Say nothing of it"}
            </Button>
          ) : null}
        </div>
      ) : null}
    </form>
  );
}
