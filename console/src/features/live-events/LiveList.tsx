import { Button, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pause, Play, Radio } from "lucide-react";
import { useMemo, useState } from "react";
import type { LiveEvent, LiveFilter } from "../../api/queries/liveEvents";
import { destinationsQuery } from "../../api/queries/destinations";
import type { Source } from "../../api/queries/sources";
import { type Column, DataTable } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { QueryView } from "../../components/QueryView";
import { StateDot } from "../../components/StateDot";
import { TableSkeleton } from "../../components/Skeletons";
import { formatNumber, plural } from "../../lib/format";
import { reasonInWords } from "../../lib/reasons";
import { formatClock, formatExact } from "../../lib/time";
import { useTimeZone } from "../../lib/timeZone";
import classes from "./live.module.css";
import { TypeBadge } from "./TypeBadge";
import { type Connection, useLive } from "./useLive";
import { WayMarks } from "./WayMarks";

interface Props {
  filter: LiveFilter;
  sources: Source[];
  opened: string | undefined;
  onOpen: (receivedOffset: string) => void;
}

export function LiveList({ filter, sources, opened, onOpen }: Props) {
  const [hovered, setHovered] = useState(false);
  const [stopped, setStopped] = useState(false);
  const paused = hovered || stopped;
  const { live, first, connection, hasOlder, loadingOlder, loadOlder } = useLive(filter, paused);
  const columns = useColumns(sources);
  useHotkeys([["p", () => setStopped((was) => !was)]]);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <QueryView
      query={first}
      failed="The events could not be read"
      loading={<TableSkeleton rows={12} columns={5} />}
    >
      {() => (
        <div className={classes.list}>
          <div className={classes.bar}>
            <LiveState connection={connection} paused={paused} />
            <Tooltip label="Key P. It also stands still while the pointer is over the list.">
              <Button
                variant="default"
                size="compact-sm"
                leftSection={stopped ? <Play size={12} aria-hidden /> : <Pause size={12} aria-hidden />}
                onClick={() => setStopped(!stopped)}
              >
                {stopped ? "Go on" : "Pause"}
              </Button>
            </Tooltip>
            <span className={classes.counts} role="status">
              {live.held.length > 0 ? `${plural(live.held.length, "new event")} below the pause. ` : ""}
              {live.skipped > 0 ? `${formatNumber(live.skipped)} more came than are shown.` : ""}
            </span>
          </div>
          {live.rows.length === 0 ? (
            <EmptyState icon={Radio} title={isFiltered ? "No event fits the filters" : "No event yet"} action={isFiltered ? null : <Link to="/sources">Go to sources</Link>}>
              {isFiltered
                ? "What comes from now on and fits shows here by itself."
                : "Events show here within a second after they came, also those that were refused."}
            </EmptyState>
          ) : (
            <div onMouseEnter={() => setHovered(true)} onMouseLeave={() => setHovered(false)}>
              <DataTable
                label="Live events, newest first"
                phone="lines"
                rows={live.rows}
                columns={columns}
                rowKey={(row) => row.cursor}
                selected={live.rows.find((row) => String(row.receivedOffset) === opened)?.cursor}
                onOpen={(row) => onOpen(String(row.receivedOffset))}
              />
            </div>
          )}
          {hasOlder ? (
            <Button variant="default" loading={loadingOlder} onClick={() => void loadOlder()} style={{ alignSelf: "center" }}>
              Show older
            </Button>
          ) : null}
        </div>
      )}
    </QueryView>
  );
}

function LiveState({ connection, paused }: { connection: Connection; paused: boolean }) {
  if (connection === "broken") return <StateDot tone="bad">Broken off, connecting again</StateDot>;
  if (paused) return <StateDot tone="warn">Paused</StateDot>;
  if (connection === "connecting") return <StateDot tone="idle">Connecting</StateDot>;
  return (
    <StateDot tone="good" pulse>
      Live
    </StateDot>
  );
}

function useColumns(sources: Source[]): Column<LiveEvent>[] {
  const timeZone = useTimeZone();
  const destinations = useQuery(destinationsQuery).data;
  return useMemo(() => {
    const names = new Map(sources.map((source) => [source.id, source.name]));
    const targets = new Map(destinations?.map((destination) => [destination.id, destination.name]));
    return [
      {
        key: "name",
        title: "Event",
        cell: (row) => (
          <span className={classes.event}>
            <TypeBadge type={row.type} />
            <span className={classes.name}>{row.name ?? (row.type ? "" : "Not readable")}</span>
          </span>
        ),
      },
      {
        key: "time",
        title: "Time",
        width: 92,
        line: "corner",
        // Not a tooltip of the library's: hundreds of them would be made anew several times a second.
        cell: (row) => (
          <time dateTime={row.receivedAt} title={formatExact(row.receivedAt, timeZone)}>
            {formatClock(row.receivedAt, timeZone)}
          </time>
        ),
      },
      {
        key: "who",
        title: "Who",
        line: "fill",
        cell: (row) => <Who row={row} />,
      },
      {
        key: "source",
        title: "Source",
        width: 150,
        hideOnPhone: true,
        cell: (row) => names.get(row.sourceId) ?? "A deleted source",
      },
      {
        key: "way",
        title: "Way",
        width: 84,
        cell: (row) => <WayMarks row={row} nameOf={(id) => targets.get(id) ?? "A destination"} />,
      },
      { key: "state", title: "State", width: 300, line: "own", cell: (row) => <RowState row={row} /> },
    ];
  }, [sources, destinations, timeZone]);
}

function Who({ row }: { row: LiveEvent }) {
  const id = row.userId ?? row.anonymousId;
  if (!id) return <span className={classes.nobody}>nobody</span>;
  if (typeof row.personId !== "number") return <span className="mono">{id}</span>;
  return (
    <Link
      to="/people/$personId"
      params={{ personId: String(row.personId) }}
      className="mono"
      onClick={(event) => event.stopPropagation()}
    >
      {id}
    </Link>
  );
}

const TONES = { accepted: "good", waiting: "warn", duplicate: "idle", refused: "bad" } as const;

/** The outcome; of what was not accepted also the reason, in words. */
function RowState({ row }: { row: LiveEvent }) {
  const words = row.explanation ?? (row.reason ? reasonInWords(row.reason) : undefined);
  const label = row.state.charAt(0).toUpperCase() + row.state.slice(1);
  return (
    <span className={classes.state} data-phone={row.state === "accepted" ? "hidden" : undefined}>
      <StateDot tone={TONES[row.state]}>{label}</StateDot>
      {words && row.state !== "accepted" ? (
        <span className={classes.reason} title={words}>
          {words}
        </span>
      ) : null}
    </span>
  );
}
