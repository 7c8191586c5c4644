import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { formatExact, formatRelative } from "../lib/time";
import { useTimeZone } from "../lib/timeZone";

// One clock for all: a page with a thousand rows ticks once.
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, 5_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The same for five seconds, also when nobody listened before. */
function moment(): number {
  if (Date.now() - now > 5_000) now = Date.now();
  return now;
}

/** The clock that relative times are told by; it moves every five seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, moment);
}

/** How long ago; exactly when, in the workspace's zone, on hover. */
export function RelativeTime({ at }: { at: string | number | null | undefined }) {
  const current = useNow();
  const timeZone = useTimeZone();
  if (at === null || at === undefined) return <span>never</span>;
  const iso = typeof at === "number" ? new Date(at).toISOString() : at;
  return (
    <Tooltip label={formatExact(at, timeZone)}>
      <time dateTime={iso} style={{ whiteSpace: "nowrap" }}>
        {formatRelative(at, current, timeZone)}
      </time>
    </Tooltip>
  );
}
