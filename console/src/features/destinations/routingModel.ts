// The routing of a connection as a form edits it, and back.

import type { Schema } from "../../api/client";

type Routing = Schema<"Routing">;

export const CALLS = ["track", "identify", "page", "screen", "group", "alias"] as const;

export interface RoutingDraft {
  consent: string[];
  /** Those that are on. */
  calls: string[];
  eventsOff: string[];
  eventsOn: string[];
}

export function draftOf(routing: Routing): RoutingDraft {
  const { calls = {}, events = {} } = routing.schema ?? {};
  const named = (on: boolean) => Object.keys(events).filter((name) => events[name] === on).sort();
  return {
    consent: [...(routing.consentCategories ?? [])],
    calls: CALLS.filter((call) => calls[call] ?? true),
    eventsOff: named(false),
    eventsOn: named(true),
  };
}

/** A name in both lists counts by the list that shows. */
export function routingOf(draft: RoutingDraft): Routing {
  const tracks = draft.calls.includes("track");
  const entries = (names: string[], on: boolean) => names.map((name) => [name, on] as const);
  const [off, on] = [entries(draft.eventsOff, false), entries(draft.eventsOn, true)];
  return {
    consentCategories: draft.consent,
    schema: {
      calls: Object.fromEntries(CALLS.map((call) => [call, draft.calls.includes(call)])),
      events: Object.fromEntries(tracks ? [...on, ...off] : [...off, ...on]),
    },
  };
}
