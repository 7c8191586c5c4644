import { Button, Select } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { messageOf } from "../../api/errors";
import type { Destination } from "../../api/queries/destinations";
import { type Mapping, previewQuery } from "../../api/queries/subscriptions";
import { useCan } from "../../api/session";
import { JsonView } from "../../components/JsonView";
import { TextSkeleton } from "../../components/Skeletons";
import { StateDot } from "../../components/StateDot";
import classes from "./mappings.module.css";
import { SAMPLE_AT, usePicked, useRecentEvents, useStoredEvent } from "./recent";
import { TestEvent } from "./TestEvent";

interface Props {
  destination: Destination;
  actionId: string;
  trigger: string;
  mapping: Mapping;
  /** Whether a test event would go through the mapping as it is shown. */
  isSaved: boolean;
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
export function MappingPreview({ destination, actionId, trigger, mapping, isSaved }: Props) {
  const { events, isLoading } = useRecentEvents(destination);
  const { at = SAMPLE_AT, pick, options } = usePicked(events, trigger);
  const received = useStoredEvent(at === SAMPLE_AT ? undefined : at);
  const event = at === SAMPLE_AT ? SAMPLE : received.data?.event;
  return (
    <section className={classes.preview} aria-label="Preview">
      <Select
        label="Preview with"
        description="One of the latest events of its sources. Nothing is sent."
        data={[...options, { value: SAMPLE_AT, label: "A sample order" }]}
        value={at}
        onChange={pick}
        allowDeselect={false}
        searchable
      />
      {received.isError ? <p className={classes.problem}>{messageOf(received.error)}</p> : null}
      {event && !isLoading ? (
        <Result destination={destination} input={{ actionId, trigger, settings: mapping, event }} isSaved={isSaved} />
      ) : (
        <TextSkeleton lines={6} />
      )}
    </section>
  );
}

interface Input {
  actionId: string;
  trigger: string;
  settings: Mapping;
  event: unknown;
}

function Result({ destination, input, isSaved }: { destination: Destination; input: Input; isSaved: boolean }) {
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
          <code>{problem.field.replace(/^settings\//, "")}</code> {problem.message}
        </p>
      ))}
      {payload ? (
        <>
          <div className={classes.label}>What the action gets</div>
          <JsonView value={payload} label="What the action gets" maxHeight={420} />
        </>
      ) : null}
      <Try destination={destination} event={input.event} isSaved={isSaved} />
      <div className={classes.label}>The event</div>
      <JsonView value={input.event} label="The event" maxHeight={320} />
    </>
  );
}

function Try({ destination, event, isSaved }: { destination: Destination; event: unknown; isSaved: boolean }) {
  const [opened, test] = useDisclosure(false);
  if (!useCan("editor")) return null;
  return (
    <div className={classes.buttons}>
      <Button variant="default" size="compact-sm" disabled={!isSaved} onClick={test.open}>
        Try this event out
      </Button>
      {isSaved ? null : <span className={classes.words}>Save the mapping and switch it on to try it out.</span>}
      {opened ? <TestEvent destination={destination} start={event} onClose={test.close} /> : null}
    </div>
  );
}
