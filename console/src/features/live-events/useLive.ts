// Keeps the list fed: the newest page first, then the stream behind it.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useReducer, useRef, useState } from "react";
import { FIRST_ROWS, firstLivePage, type LiveEvent, type LiveFilter, livePage, liveStreamUrl } from "../../api/queries/liveEvents";
import { append, arrive, type Live, NOTHING, release, skip } from "./model";

/** Destinations take their time: so often the shown rows' marks are asked for again. */
const RENEW_MS = 4_000;
/** Rows gather for so long before the list is drawn again. */
const DRAW_MS = 250;
const RECONNECT_MS = 3_000;

export type Connection = "connecting" | "open" | "broken";

type Act =
  | { kind: "rows"; rows: LiveEvent[]; paused: boolean }
  | { kind: "older"; rows: LiveEvent[] }
  | { kind: "skipped"; count: number }
  | { kind: "release" };

function reduce(live: Live, act: Act): Live {
  switch (act.kind) {
    case "rows":
      return arrive(live, act.rows, act.paused);
    case "older":
      return append(live, act.rows);
    case "skipped":
      return skip(live, act.count);
    case "release":
      return release(live);
  }
}

/** One list for one filter: give the component that uses it a key per filter. */
export function useLive(filter: LiveFilter, paused: boolean) {
  const [live, tell] = useReducer(reduce, NOTHING);
  const [connection, setConnection] = useState<Connection>("connecting");
  const [later, setLater] = useState<{ next: string | undefined }>();
  const [older, setOlder] = useState(false);
  const isPaused = useRef(paused);
  const first = useQuery(firstLivePage(filter));
  useEffect(() => {
    isPaused.current = paused;
    if (!paused) tell({ kind: "release" });
  }, [paused]);
  const page = first.data;
  useEffect(() => {
    if (!page) return;
    tell({ kind: "older", rows: page.events });
    // Rows that wait come again when they are decided on: listen behind the newest that is.
    const decided = page.events.find((row) => row.state !== "waiting");
    return listen(filter, decided?.cursor, {
      rows: (rows) => tell({ kind: "rows", rows, paused: isPaused.current }),
      skipped: (count) => tell({ kind: "skipped", count }),
      connection: setConnection,
    });
    // The filter is fixed for the life of the component.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [page]);
  const next = later ? later.next : page?.next;
  // Until the first page is taken into the list it is shown as it came.
  const shown = live === NOTHING && page ? append(NOTHING, page.events) : live;
  const travels = live.rows.some(isTravelling);
  useEffect(() => {
    if (!travels) return;
    const renew = setInterval(() => {
      livePage(filter).then(
        (page) => tell({ kind: "rows", rows: page.events.toReversed(), paused: isPaused.current }),
        // The stream tells when the server is gone.
        () => undefined,
      );
    }, RENEW_MS);
    return () => clearInterval(renew);
    // The filter is fixed for the life of the component.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [travels]);
  const loadOlder = async () => {
    if (next === undefined || older) return;
    setOlder(true);
    try {
      const more = await livePage(filter, next);
      tell({ kind: "older", rows: more.events });
      setLater({ next: more.next });
    } finally {
      setOlder(false);
    }
  };
  return { live: shown, first, connection, hasOlder: next !== undefined, loadingOlder: older, loadOlder };
}

/** Of the rows that an answer holds, those on top: the state of older ones is left as it was. */
function isTravelling(row: LiveEvent, at: number): boolean {
  return at < FIRST_ROWS && row.deliveries.some((delivery) => delivery.state === "waiting");
}

interface Ears {
  rows: (rows: LiveEvent[]) => void;
  skipped: (count: number) => void;
  connection: (state: Connection) => void;
}

/** Listens until told to stop. A broken stream is opened again behind the last row that came. */
function listen(filter: LiveFilter, after: string | undefined, ears: Ears): () => void {
  let last = after;
  let waiting: LiveEvent[] = [];
  let source: EventSource | undefined;
  let reopen: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(liveStreamUrl(filter, last));
    source.onopen = () => ears.connection("open");
    source.addEventListener("row", (event) => {
      const row = JSON.parse(event.data as string) as LiveEvent;
      last = row.cursor;
      waiting.push(row);
    });
    source.addEventListener("skipped", (event) => {
      ears.skipped((JSON.parse(event.data as string) as { count: number }).count);
    });
    source.onerror = () => {
      ears.connection("broken");
      source?.close();
      reopen = setTimeout(open, RECONNECT_MS);
    };
  };
  open();
  const draw = setInterval(() => {
    if (waiting.length === 0) return;
    ears.rows(waiting);
    waiting = [];
  }, DRAW_MS);
  return () => {
    clearInterval(draw);
    clearTimeout(reopen);
    source?.close();
  };
}
