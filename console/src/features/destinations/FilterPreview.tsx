import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { messageOf } from "../../api/errors";
import type { Destination } from "../../api/queries/destinations";
import { type FilterPreview, filterPreviewQuery } from "../../api/queries/filters";
import { JsonView } from "../../components/JsonView";
import { StateDot } from "../../components/StateDot";
import classes from "./destinations.module.css";
import { actionOf, type Draft } from "./filterModel";
import { usePicked, useRecentEvents, useStoredEvent } from "./recent";

const OUTCOMES = {
  sent: "Sent as it is",
  changed: "Sent without these properties",
  dropped: "Not sent",
  sampled_out: "Not in the sample",
} satisfies Record<FilterPreview["outcome"], string>;

interface Props {
  destination: Destination;
  draft: Draft;
  /** Absent while it cannot be read. */
  condition: string | undefined;
}

/** What the filter makes of an event that came lately, while it is being written. */
export function FilterPreviewView({ destination, draft, condition }: Props) {
  const { events, isLoading } = useRecentEvents(destination);
  const { at, pick, options } = usePicked(events);
  return (
    <section aria-label="Preview">
      <Select
        label="Preview on a recent event"
        placeholder={!isLoading && events.length === 0 ? "No event came yet" : ""}
        data={options}
        value={at ?? null}
        onChange={pick}
        allowDeselect={false}
        searchable
      />
      {at !== undefined && condition !== undefined ? <Outcome offset={at} draft={draft} condition={condition} /> : null}
    </section>
  );
}

function Outcome({ offset, draft, condition }: { offset: string; draft: Draft; condition: string }) {
  const receipt = useStoredEvent(offset).data;
  const [settled] = useDebouncedValue(draft, 250);
  const payload = receipt?.event ?? undefined;
  const preview = useQuery({
    ...filterPreviewQuery(condition, [actionOf(settled)], payload ?? {}),
    enabled: payload !== undefined,
    placeholderData: keepPreviousData,
  });
  if (preview.isError) return <p className={classes.problem}>{messageOf(preview.error)}</p>;
  const found = preview.data;
  if (!found) return null;
  const isHeld = found.outcome === "dropped" || found.outcome === "sampled_out";
  return (
    <div className={classes.connections}>
      <div role="status">
        <StateDot tone={isHeld ? "warn" : "good"}>
          {found.matches ? OUTCOMES[found.outcome] : "Does not match: sent as it is"}
        </StateDot>
      </div>
      {found.result ? <JsonView value={found.result} label="The event as it is sent" maxHeight={320} /> : null}
    </div>
  );
}
