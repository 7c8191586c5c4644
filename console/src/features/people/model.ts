// A person's events as a timeline.

import type { PersonEvent } from "../../api/queries/people";

/** Events by day, in the order they come. */
export function byDay(events: readonly PersonEvent[], day: (at: string) => string): [string, PersonEvent[]][] {
  const days: [string, PersonEvent[]][] = [];
  for (const event of events) {
    const name = day(event.timestamp);
    const last = days.at(-1);
    if (last?.[0] === name) last[1].push(event);
    else days.push([name, [event]]);
  }
  return days;
}

/** For the URL: source and message id. */
export function eventKey(event: Pick<PersonEvent, "sourceId" | "messageId">): string {
  return `${event.sourceId}/${event.messageId}`;
}

export function parseEventKey(key: string): { sourceId: string; messageId: string } | undefined {
  const at = key.indexOf("/");
  return at > 0 ? { sourceId: key.slice(0, at), messageId: key.slice(at + 1) } : undefined;
}

const WORDS_MAX = 5;

/** The first plain properties or traits, in one line. */
export function propertyWords(event: unknown): string {
  if (typeof event !== "object" || event === null) return "";
  const { properties, traits } = event as { properties?: unknown; traits?: unknown };
  const body = properties ?? traits;
  if (typeof body !== "object" || body === null) return "";
  const plain = Object.entries(body).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return plain
    .slice(0, WORDS_MAX)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join("  ·  ");
}
