import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../api/errors";
import type { Destination } from "../../api/queries/destinations";
import { type FilterPreview, filterPreviewQuery } from "../../api/queries/filters";
import { type LiveEvent, livePage, receiptAtQuery } from "../../api/queries/liveEvents";
import { JsonView } from "../../components/JsonView";
import { StateDot } from "../../components/StateDot";
import classes from "./destinations.module.css";
import { actionOf, type Draft } from "./filterModel";

const recentQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["recent-events", sourceId],
    queryFn: async ({ signal }) =>
      (await livePage({ sourceId, state: "accepted" }, undefined, signal)).events.slice(0, 50),
  });

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
  const [chosen, setChosen] = useState<string | null>(null);
  const recent = useQuery({
    ...recentQuery(destination.sourceId ?? ""),
    enabled: destination.sourceId != null,
  });
  const events = recent.data ?? [];
  const event = events.find((one) => String(one.receivedOffset) === chosen) ?? events[0];
  return (
    <section aria-label="Preview">
      <Select
        label="Preview on a recent event"
        placeholder={recent.isSuccess && events.length === 0 ? "No event came yet" : undefined}
        data={events.map((one) => ({ value: String(one.receivedOffset), label: labelOf(one) }))}
        value={event ? String(event.receivedOffset) : null}
        onChange={setChosen}
        allowDeselect={false}
        searchable
      />
      {event && condition !== undefined ? <Outcome offset={String(event.receivedOffset)} draft={draft} condition={condition} /> : null}
    </section>
  );
}

function labelOf(event: LiveEvent): string {
  return `${event.name ?? event.type ?? "event"} · ${event.userId ?? event.anonymousId ?? ""} · ${event.receivedOffset}`;
}

function Outcome({ offset, draft, condition }: { offset: string; draft: Draft; condition: string }) {
  const receipt = useQuery({ ...receiptAtQuery(offset), refetchInterval: false }).data;
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
