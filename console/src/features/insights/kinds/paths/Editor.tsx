import { ActionIcon } from "@mantine/core";
import { X } from "lucide-react";
import { eventNamesQuery } from "../../../../api/queries/eventSchema";
import { useQuery } from "@tanstack/react-query";
import { EventLine, RangeChip, SegmentChips } from "../../edit/Common";
import { AddButton, MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { NumberChip, SecondsChip } from "../../edit/Numbers";
import { Picker } from "../../edit/Picker";
import type { EditorProps } from "../../kind";
import type { Selector } from "../../model";
import { endsOf, withEnds, type Ends, type Query } from "./model";

const SPECIAL = ["_active"];
const ENDS: { value: Ends; label: string }[] = [
  { value: "start", label: "starting with" },
  { value: "end", label: "ending with" },
  { value: "between", label: "between two events" },
];
const COLUMNS_DEFAULT = 10;
const NODES_DEFAULT = 8;
const GAP = 30 * 60;

/** "Each person's first path starting with A, within *1 day*, up to *5 steps*, last *30 days*." */
export function PathsEditor({ query, onChange }: EditorProps<Query>) {
  const ends = endsOf(query);
  const columns = query.columns_max ?? COLUMNS_DEFAULT;
  const nodes = query.nodes_max ?? NODES_DEFAULT;
  const line = (mark: string, of: string, field: "start" | "end", selector: Selector | null | undefined) =>
    selector ? <EventLine mark={mark} of={of} selector={selector} special={SPECIAL} onChange={(changed) => onChange({ ...query, [field]: changed })} /> : null;
  return (
    <div className={classes.sentence}>
      <div className={classes.line}>
        <MenuChip
          what="Which paths"
          value={query.count ?? "uniques"}
          options={[
            { value: "uniques", label: ends === "end" ? "Each person's last path" : "Each person's first path" },
            { value: "totals", label: "Every path" },
          ]}
          onChange={(count) => onChange({ ...query, count })}
        />
        <MenuChip what="Ends" value={ends} options={ENDS} onChange={(chosen) => onChange(withEnds(query, chosen))} />
      </div>
      {line("1", "Start", "start", query.start)}
      {line(ends === "between" ? "2" : "1", "End", "end", query.end)}
      <div className={classes.line}>
        <SegmentChips
          of={query.start ? "the start" : "the end"}
          add={query.start ? "Filter who starts" : "Filter who ends"}
          event={(query.start ?? query.end)?.event ?? undefined}
          query={query}
          onChange={onChange}
        />
      </div>
      <div className={classes.line}>
        <Word>within</Word>
        <SecondsChip what="Window" seconds={query.window_seconds ?? 86_400} onChange={(window_seconds) => onChange({ ...query, window_seconds })} />
        <MenuChip
          what="Sessions"
          value={query.session_gap_seconds ? "session" : "any"}
          options={[
            { value: "any", label: "in any session" },
            { value: "session", label: "in one session" },
          ]}
          onChange={(to) => onChange({ ...query, session_gap_seconds: to === "session" ? GAP : undefined })}
        />
        {query.session_gap_seconds ? (
          <>
            <Word>over after</Word>
            <SecondsChip what="Gap between sessions" seconds={query.session_gap_seconds} onChange={(session_gap_seconds) => onChange({ ...query, session_gap_seconds })} />
          </>
        ) : null}
      </div>
      <div className={classes.line}>
        <MenuChip
          what="Repeats"
          value={query.collapse_repeats ? "one" : "each"}
          options={[
            { value: "one", label: "Repeats are one step" },
            { value: "each", label: "Each repeat is a step" },
          ]}
          onChange={(to) => onChange({ ...query, collapse_repeats: to === "one" })}
        />
      </div>
      <Ignored query={query} onChange={onChange} />
      <div className={classes.line}>
        <Word>up to</Word>
        <NumberChip what="Steps" value={columns} min={2} max={20} shown={`${columns} steps`} onChange={(columns_max) => onChange({ ...query, columns_max })} />
        <Word>with</Word>
        <NumberChip what="Events per step" value={nodes} min={4} max={30} shown={`${nodes} events each`} onChange={(nodes_max) => onChange({ ...query, nodes_max })} />
        <Word>over the</Word>
        <RangeChip value={query.range} onChange={(range) => onChange({ ...query, range })} />
      </div>
    </div>
  );
}

function Ignored({ query, onChange }: EditorProps<Query>) {
  const names = useQuery(eventNamesQuery);
  const ignored = query.ignore ?? [];
  return (
    <div className={classes.line}>
      {ignored.map((name) => (
        <span key={name} className={classes.head}>
          <Word>without {name}</Word>
          <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Do not leave out ${name}`} onClick={() => onChange({ ...query, ignore: ignored.filter((one) => one !== name) })}>
            <X size={12} aria-hidden />
          </ActionIcon>
        </span>
      ))}
      <Picker
        what="events"
        label="Leave out an event"
        shown=""
        value={undefined}
        options={(names.data ?? []).filter((one) => !ignored.includes(one.name)).map((one) => ({ value: one.name, label: one.name }))}
        loading={names.isPending}
        onChange={(name) => onChange({ ...query, ignore: [...ignored, name] })}
        target={(open) => <AddButton onClick={open}>Leave out an event</AddButton>}
      />
    </div>
  );
}
