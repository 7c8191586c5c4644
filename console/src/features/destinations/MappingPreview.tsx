import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../api/errors";
import type { Destination } from "../../api/queries/destinations";
import { livePage, type LiveEvent, receiptAtQuery } from "../../api/queries/liveEvents";
import { type Mapping, previewQuery } from "../../api/queries/subscriptions";
import { JsonView } from "../../components/JsonView";
import { TextSkeleton } from "../../components/Skeletons";
import { StateDot } from "../../components/StateDot";
import classes from "./mappings.module.css";

interface Props {
  destination: Destination;
  actionId: string;
  trigger: string;
  mapping: Mapping;
}

const SAMPLE = {
  type: "track",
  event: "Order Completed",
  userId: "ann",
  anonymousId: "a-1",
  messageId: "sample",
  timestamp: "2026-01-15T12:00:00.000Z",
  properties: { order_id: "o1", total: 49.99, currency: "USD", plan: "pro" },
  context: { traits: { email: "ann@example.com" }, page: { url: "https://example.com/" } },
};

/** What the mapping makes of one of the latest events, as it is typed. Nothing is sent. */
export function MappingPreview({ destination, actionId, trigger, mapping }: Props) {
  const sourceId = destination.connections[0]?.sourceId;
  const recent = useQuery({
    queryKey: ["recent-events", sourceId],
    queryFn: ({ signal }) => livePage({ sourceId, state: "accepted" }, undefined, signal),
    enabled: sourceId !== undefined,
  });
  const events = recent.data?.events ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const at = chosen ?? (events[0] ? String(events[0].receivedOffset) : "sample");
  return (
    <section className={classes.preview} aria-label="Preview">
      <Select
        label="Preview with"
        data={[...events.slice(0, 50).map(option), { value: "sample", label: "A sample order" }]}
        value={at}
        onChange={setChosen}
        allowDeselect={false}
        searchable
      />
      {at === "sample" ? (
        <Result destination={destination} input={{ actionId, trigger, settings: mapping, event: SAMPLE }} />
      ) : (
        <OfReceived key={at} at={at} destination={destination} input={{ actionId, trigger, settings: mapping }} />
      )}
    </section>
  );
}

const option = (event: LiveEvent) => ({
  value: String(event.receivedOffset),
  label: `${event.type ?? "?"} ${event.name ?? ""} ${event.userId ?? event.anonymousId ?? ""}`.replace(/\s+/g, " "),
});

interface Input {
  actionId: string;
  trigger: string;
  settings: Mapping;
}

function OfReceived({ at, destination, input }: { at: string; destination: Destination; input: Input }) {
  const receipt = useQuery({ ...receiptAtQuery(at), refetchInterval: false });
  if (receipt.isError) return <p className={classes.problem}>{messageOf(receipt.error)}</p>;
  if (!receipt.data?.event) return <TextSkeleton lines={6} />;
  return <Result destination={destination} input={{ ...input, event: receipt.data.event }} />;
}

function Result({ destination, input }: { destination: Destination; input: Input & { event: unknown } }) {
  const [typed] = useDebouncedValue(input, 250);
  const preview = useQuery(previewQuery(destination.id, typed));
  if (preview.isError) return <p className={classes.problem}>{messageOf(preview.error)}</p>;
  if (!preview.data) return <TextSkeleton lines={6} />;
  const { matches, payload, problems } = preview.data;
  return (
    <>
      <div role="status">
        {matches ? (
          <StateDot tone={problems.length === 0 ? "good" : "warn"}>This event starts the action</StateDot>
        ) : (
          <StateDot tone="idle">This event does not start the action</StateDot>
        )}
      </div>
      {problems.map((problem) => (
        <p key={`${problem.field} ${problem.message}`} className={classes.problem}>
          <code>{problem.field}</code> {problem.message}
        </p>
      ))}
      {payload ? (
        <>
          <div className={classes.label}>What the action gets</div>
          <JsonView value={payload} label="What the action gets" maxHeight={420} />
        </>
      ) : null}
      <div className={classes.label}>The event</div>
      <JsonView value={input.event} label="The event" maxHeight={320} />
    </>
  );
}
