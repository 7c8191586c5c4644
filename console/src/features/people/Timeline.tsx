import { Button, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { personEventsQuery, type Person, type PersonEvent } from "../../api/queries/people";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { SelectFilter } from "../../components/filters";
import { TableSkeleton } from "../../components/Skeletons";
import { formatCompact } from "../../lib/format";
import { formatClock, formatDate } from "../../lib/time";
import { useTimeZone } from "../../lib/timeZone";
import { EventPanel } from "./EventPanel";
import { byDay, eventKey, propertyWords } from "./model";
import classes from "./people.module.css";

interface Props {
  person: Person;
  name: string | undefined;
  event: string | undefined;
  onChange: (search: { name?: string | undefined; event?: string | undefined }) => void;
}

/** What the person did, newest first. */
export function Timeline({ person, name, event, onChange }: Props) {
  const timeZone = useTimeZone();
  const list = useInfiniteQuery(personEventsQuery(person.id, name));
  const events = list.data?.pages.flatMap((page) => page.events) ?? [];
  const names = list.data?.pages[0]?.names ?? [];
  return (
    <section className={`panel ${classes.box}`} aria-labelledby="timeline">
      <div className={classes.head}>
        <h2 id="timeline" className={classes.title}>
          Timeline
        </h2>
        <SelectFilter
          label="All events"
          value={name}
          options={names.map((one) => ({ value: one.name, label: `${one.name} (${formatCompact(one.count)})` }))}
          onChange={(chosen) => onChange({ name: chosen })}
          width={240}
        />
      </div>
      {list.isPending ? (
        <TableSkeleton rows={10} columns={3} />
      ) : list.isError ? (
        <ErrorState title="The events could not be read" error={list.error} onRetry={() => void list.refetch()} />
      ) : events.length === 0 ? (
        <EmptyState title={name ? `No ${name} of this person` : "No events of this person are kept"} />
      ) : (
        byDay(events, (at) => formatDate(at, timeZone)).map(([day, ofDay]) => (
          <div key={day}>
            <h3 className={classes.day}>{day}</h3>
            <ul className={classes.events}>
              {ofDay.map((one) => (
                <li key={one.offset}>
                  <Row event={one} timeZone={timeZone} onOpen={() => onChange({ name, event: eventKey(one) })} />
                </li>
              ))}
            </ul>
          </div>
        ))
      )}
      {list.hasNextPage ? (
        <Button variant="default" mt="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older events
        </Button>
      ) : null}
      <EventPanel
        opened={event}
        known={events.find((one) => eventKey(one) === event)}
        onClose={() => onChange({ name })}
      />
    </section>
  );
}

interface RowProps {
  event: PersonEvent;
  timeZone: string | undefined;
  onOpen: () => void;
}

function Row({ event, timeZone, onOpen }: RowProps) {
  return (
    <UnstyledButton className={classes.event} onClick={onOpen}>
      <time dateTime={event.timestamp} className={classes.time}>
        {formatClock(event.timestamp, timeZone)}
      </time>
      <span className={classes.name}>{event.name}</span>
      <span className={classes.props}>{propertyWords(event.event)}</span>
    </UnstyledButton>
  );
}
