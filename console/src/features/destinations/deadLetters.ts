// Dead letters of a destination by cause, over all of its sources.

import type { DeadLetter, DeadLetterGroup } from "../../api/queries/destinations";

export interface Cause {
  reason: string;
  count: number;
  connectionIds: string[];
  sample: DeadLetter | undefined;
}

/** The server's groups are of one connection each; most first. */
export function byCause(groups: readonly DeadLetterGroup[]): Cause[] {
  const causes = new Map<string, Cause>();
  for (const { reason, count, connectionId, sample } of groups) {
    const known = causes.get(reason);
    causes.set(reason, {
      reason,
      count: (known?.count ?? 0) + count,
      connectionIds: [...(known?.connectionIds ?? []), connectionId],
      sample: known?.sample ?? sample ?? undefined,
    });
  }
  return [...causes.values()].sort((a, b) => b.count - a.count);
}

/** What the event is called and whose it is. */
export function nameOfEvent(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null) return undefined;
  const { type, event: track, name, userId, anonymousId } = event as Record<string, unknown>;
  const parts = [type, track ?? name, userId ?? anonymousId];
  return parts.filter((part) => typeof part === "string" && part !== "").join(" · ") || undefined;
}
