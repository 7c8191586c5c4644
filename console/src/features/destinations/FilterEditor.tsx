import { Alert, Button, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FormEvent } from "react";
import { messageOf } from "../../api/errors";
import type { Destination } from "../../api/queries/destinations";
import { type ConditionCheck, conditionQuery, type Filter, useSaveFilter } from "../../api/queries/filters";
import { notifyDone } from "../../components/notify";
import { SidePanel } from "../../components/SidePanel";
import classes from "./destinations.module.css";
import { ACTIONS, bodyOf, type Draft, draftOf, EMPTY, mistakeIn } from "./filterModel";
import { FilterPreviewView } from "./FilterPreview";

interface Props {
  destination: Destination;
  /** Absent for a new one. */
  filter: Filter | undefined;
  onClose: () => void;
}

export function FilterEditor({ destination, filter, onClose }: Props) {
  const [draft, setDraft] = useState<Draft>((filter && draftOf(filter)) ?? EMPTY);
  const save = useSaveFilter(destination.id, filter?.id);
  const set = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));
  const [asked] = useDebouncedValue(draft.condition, 250);
  const check = useQuery({
    ...conditionQuery(asked),
    enabled: asked.trim() !== "",
    placeholderData: keepPreviousData,
  });
  const answer = asked.trim() === "" ? undefined : check.data;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(bodyOf(draft), {
      onSuccess: () => {
        notifyDone("Saved");
        onClose();
      },
    });
  };
  return (
    <SidePanel opened onClose={onClose} width={640} title={filter ? `Filter “${filter.title}”` : "New filter"}>
      <form onSubmit={submit} className={classes.connections} noValidate>
        <TextInput label="Title" value={draft.title} onChange={(event) => set({ title: event.currentTarget.value })} maxLength={64} required data-autofocus />
        <Textarea
          label="Events that match"
          description="For example: event = 'Order Completed' and properties.total < 1. “all” matches every event."
          value={draft.condition}
          onChange={(event) => set({ condition: event.currentTarget.value })}
          autosize
          minRows={2}
          required
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        />
        <ConditionAnswer text={asked} answer={answer} onFormat={(condition) => set({ condition })} />
        <ActionFields draft={draft} set={set} />
        {save.isError ? (
          <Alert color="red" variant="light" role="alert">
            {messageOf(save.error)}
          </Alert>
        ) : null}
        <Button type="submit" loading={save.isPending} disabled={answer?.valid === false} style={{ alignSelf: "flex-start" }}>
          {filter ? "Save" : "Add filter"}
        </Button>
        <FilterPreviewView destination={destination} draft={draft} condition={answer?.valid ? asked : undefined} />
      </form>
    </SidePanel>
  );
}

interface AnswerProps {
  text: string;
  answer: ConditionCheck | undefined;
  onFormat: (condition: string) => void;
}

/** Where the condition goes wrong, or how it is usually written. */
function ConditionAnswer({ text, answer, onFormat }: AnswerProps) {
  if (answer?.error) {
    const { line, column, message } = answer.error;
    const [before, wrong, after] = mistakeIn(text, answer.error);
    return (
      <div role="alert">
        <pre className={classes.condition}>
          {before}
          <mark className={classes.wrong}>{wrong}</mark>
          {after}
        </pre>
        <p className={classes.problem}>
          Line {line}, column {column}: {message}
        </p>
      </div>
    );
  }
  const formatted = answer?.formatted;
  return formatted && formatted !== text ? (
    <Button variant="default" size="compact-sm" style={{ alignSelf: "flex-start" }} onClick={() => onFormat(formatted)}>
      Format
    </Button>
  ) : null;
}

function ActionFields({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  return (
    <>
      <Select
        label="What happens to them"
        data={ACTIONS}
        value={draft.type}
        onChange={(type) => type && set({ type: type as Draft["type"] })}
        allowDeselect={false}
      />
      {draft.type === "SAMPLE" ? (
        <>
          <NumberInput label="Percent that are sent" value={draft.percent} min={0} max={100} onChange={(percent) => set({ percent: Number(percent) || 0 })} />
          <TextInput label="Decided by" description="A field, such as userId: all events with one value there stay or go. Empty: each event by itself." value={draft.path} onChange={(event) => set({ path: event.currentTarget.value })} />
        </>
      ) : null}
      {draft.type.endsWith("PROPERTIES") ? (
        <Textarea
          label="Properties"
          description="One per line, such as properties.card or context.ip."
          value={draft.keys}
          onChange={(event) => set({ keys: event.currentTarget.value })}
          autosize
          minRows={2}
          spellCheck={false}
        />
      ) : null}
    </>
  );
}
