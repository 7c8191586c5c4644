// What was seen, beside what the dictionary says of it.

import type { Entry, EntryKind } from "../../api/queries/dictionary";
import type { EventName, PropertyName } from "../../api/queries/eventSchema";

export type Tab = "events" | "properties" | "traits";

export interface SchemaRow {
  key: string;
  kind: EntryKind;
  name: string;
  entry: Entry | undefined;
  /** How often it was seen; absent if it was not, or is not counted. */
  count: number | undefined;
  lastSeenAt: string | undefined;
}

/** Why pickers do not offer it; nothing if they do. */
export function stateOf(entry: Entry | undefined): string | undefined {
  if (!entry) return undefined;
  if (entry.isDeleted) return "not counted";
  if (entry.sameAs) return `counts as ${entry.sameAs}`;
  if (entry.isDeprecated) return "deprecated";
  return entry.isHidden ? "hidden" : undefined;
}

export function rowsOf(tab: Tab, entries: readonly Entry[], events: readonly EventName[], properties: readonly PropertyName[]): SchemaRow[] {
  const kinds: EntryKind[] = tab === "events" ? ["event", "custom_event"] : [tab === "properties" ? "event_property" : "user_trait"];
  const rows = new Map<string, SchemaRow>();
  const key = (kind: EntryKind, name: string) => `${kind}:${name}`;
  const add = (kind: EntryKind, name: string, count: number | undefined, lastSeenAt: string | undefined) =>
    rows.set(key(kind, name), { key: key(kind, name), kind, name, entry: undefined, count, lastSeenAt });
  if (tab === "events") {
    for (const one of events) if (!one.name.startsWith("ce:")) add("event", one.name, one.count ?? undefined, one.lastSeenAt ?? undefined);
  } else {
    const of = tab === "properties" ? "event" : "user";
    for (const one of properties) if (one.of === of) add(kinds[0] ?? "event_property", one.name, one.count, one.lastSeenAt ?? undefined);
  }
  for (const entry of entries) {
    const kind = kinds.find((one) => one === entry.kind);
    if (!kind) continue;
    const found = rows.get(key(kind, entry.name));
    rows.set(key(kind, entry.name), { key: key(kind, entry.name), kind, name: entry.name, count: undefined, lastSeenAt: undefined, ...found, entry });
  }
  return [...rows.values()].sort((a, b) => (b.count ?? 0) - (a.count ?? 0) || (a.name < b.name ? -1 : 1));
}
