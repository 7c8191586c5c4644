// What was noted of a moment, such as a release or a campaign: written here, it stands on every chart over
// time of the workspace. Releases that events tell of stand there by themselves.

import { ActionIcon, Button, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Diff, Flag, Pencil, X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { messageOf } from "../../api/errors";
import { annotationsQuery, releasesQuery, useDeleteAnnotation, useKeepAnnotation, type Annotation } from "../../api/queries/annotations";
import { useCan } from "../../api/session";
import { notifyFailed } from "../../components/notify";
import { formatDate, formatExact, momentOf, wallClock } from "../../lib/time";
import { useTimeZone } from "../../lib/timeZone";
import classes from "./insights.module.css";
import { releaseNoted, type Noted } from "./useAnnotations";

interface Props {
  /** Compares the question before and after; absent where a question cannot be compared. */
  onAround: ((noted: Noted) => void) | undefined;
}

export function Annotate({ onAround }: Props) {
  const may = useCan("editor");
  const notes = useQuery(annotationsQuery).data ?? [];
  const releases = (useQuery(releasesQuery).data ?? []).map(releaseNoted);
  const all: (Noted | Annotation)[] = [...notes, ...releases].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const [opened, at] = useDisclosure(false);
  const [changed, setChanged] = useState<Annotation>();
  if (!may && all.length === 0) return null;
  return (
    <Popover opened={opened} onChange={(open) => (open ? at.open() : at.close())} position="bottom-end" shadow="none" width={340} trapFocus returnFocus withinPortal>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<Flag size={13} aria-hidden />} onClick={at.toggle}>
          {all.length > 0 ? `Annotations (${all.length})` : "Annotate"}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={10}>
        {all.length > 0 ? (
          <ul className={classes.annotations}>
            {all.map((one) => {
              const around = onAround && (() => (at.close(), onAround({ at: one.at, text: one.text })));
              return "id" in one ? (
                <Row key={one.id} noted={one} onAround={around}>
                  {may ? <Actions annotation={one} onChange={() => setChanged(one)} /> : null}
                </Row>
              ) : (
                <Row key={one.text} noted={one} onAround={around} />
              );
            })}
          </ul>
        ) : null}
        {may ? <Form key={changed?.id ?? "new"} of={changed} onDone={() => setChanged(undefined)} /> : null}
      </Popover.Dropdown>
    </Popover>
  );
}

function Row({ noted, onAround, children }: { noted: Noted; onAround: (() => void) | undefined; children?: ReactNode }) {
  const timeZone = useTimeZone();
  return (
    <li>
      <time dateTime={noted.at} title={formatExact(noted.at, timeZone)}>
        {formatDate(noted.at, timeZone)}
      </time>
      <span title={noted.text}>{noted.text}</span>
      {onAround ? (
        <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Before and after ${noted.text}`} title="Before and after" onClick={onAround}>
          <Diff size={12} aria-hidden />
        </ActionIcon>
      ) : null}
      {children}
    </li>
  );
}

function Actions({ annotation, onChange }: { annotation: Annotation; onChange: () => void }) {
  const remove = useDeleteAnnotation();
  return (
        <>
          <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Change ${annotation.text}`} onClick={onChange}>
            <Pencil size={12} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={22}
            aria-label={`Take ${annotation.text} off the charts`}
            onClick={() => remove.mutate(annotation.id, { onError: (error) => notifyFailed("Not deleted", error) })}
          >
            <X size={12} aria-hidden />
          </ActionIcon>
        </>
  );
}

function Form({ of, onDone }: { of: Annotation | undefined; onDone: () => void }) {
  const timeZone = useTimeZone();
  const keep = useKeepAnnotation();
  const [text, setText] = useState(of?.text ?? "");
  const [wall, setWall] = useState(() => wallClock(of?.at ?? Date.now(), timeZone).slice(0, 16));
  const moment = momentOf(wall, timeZone);
  const done = () => {
    setText("");
    onDone();
  };
  return (
    <form
      className={classes.annotate}
      onSubmit={(event) => {
        event.preventDefault();
        if (moment && text.trim() !== "") keep.mutate({ id: of?.id, at: moment, text: text.trim() }, { onSuccess: done });
      }}
    >
      <TextInput label={of ? "Note" : "New note"} placeholder="Release 4.2" size="xs" value={text} maxLength={200} data-autofocus onChange={(event) => setText(event.currentTarget.value)} error={keep.error ? messageOf(keep.error) : undefined} />
      <TextInput type="datetime-local" label={`When (${timeZone ?? "your time"})`} size="xs" value={wall} onChange={(event) => setWall(event.currentTarget.value)} />
      <span style={{ display: "flex", gap: 6 }}>
        <Button type="submit" size="xs" disabled={!moment || text.trim() === ""} loading={keep.isPending}>
          {of ? "Change" : "Put on the charts"}
        </Button>
        {of ? (
          <Button size="xs" variant="default" onClick={onDone}>
            Cancel
          </Button>
        ) : null}
      </span>
    </form>
  );
}
