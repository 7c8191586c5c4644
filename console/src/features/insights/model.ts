// The question as the builder holds it, and its forms: in the URL, as a request, saved.

import type { Schema } from "../../api/client";
import type { InsightQuery, PeopleQuery } from "../../api/queries/insights";
import { finishedClauses } from "./whom/model";

export type { InsightQuery, InsightResult, PeopleQuery } from "../../api/queries/insights";
export type Kind = InsightQuery["kind"];
export type QueryOf<K extends Kind> = Extract<InsightQuery, { kind: K }>;
const KINDS = [
  "trend",
  "funnel",
  "retention",
  "lifecycle",
  "stickiness",
  "paths",
  "sessions",
  "revenue",
  "lifetime",
  "composition",
] as const satisfies readonly Kind[];
export type Range = Schema<"DateRange">;
export type Selector = Schema<"EventSelector">;
export type PropertyRef = Schema<"PropertyRef">;
export type Users = Schema<"Users">;

export const CHARTS = ["line", "area", "stacked", "bar", "table", "number", "funnel", "times", "grid", "flow"] as const;
export type ChartType = (typeof CHARTS)[number];

/** How an insight is drawn; saved with it. */
export interface Display {
  chart?: ChartType | undefined;
}

/** A comparison in a filter, as the API reads it. Groups of conditions are kept but not edited. */
export interface Comparison {
  property: string;
  of: Schema<"Scope">;
  op: string;
  values: (string | number | boolean)[];
}

export type Condition = Comparison | { all: Condition[] } | { any: Condition[] } | { not: Condition };

export function isComparison(condition: Condition): condition is Comparison {
  return "property" in condition;
}

/** The document of the API calls conditions plain objects; these are the only two casts. */
export function conditions(filters: Selector["filters"]): Condition[] {
  return (filters ?? []) as unknown as Condition[];
}

export function filtersOf(list: Condition[]): NonNullable<Selector["filters"]> {
  return list as unknown as NonNullable<Selector["filters"]>;
}

/** The part of the URL that says what is asked and how it is shown. */
export interface View {
  query: InsightQuery;
  display: Display;
}

const DEFAULTS: Record<string, unknown> = {
  interval: "day",
  measure: "uniques",
  users: "active",
  traits_as_of: "event",
  resolution: "second",
  unit: "day",
  windows: "from_start",
  mode: "on",
  order: "in_order",
  count: "uniques",
};

const EMPTY = ["filters", "segment", "segments", "exclusions", "any_of", "people"];

/** Without what is so anyway: for short URLs and for comparing questions. */
export function lean<Q extends object>(query: Q): Q {
  const kept = Object.entries(query).filter(([name, value]) => {
    if (value === undefined || value === null) return false;
    if (Array.isArray(value) && value.length === 0 && EMPTY.includes(name)) return false;
    return DEFAULTS[name] !== value;
  });
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      Array.isArray(value)
        ? value.map((one) => (typeof one === "object" && one !== null ? lean(one) : one))
        : value,
    ]),
  ) as Q;
}

/** Two questions that have the same answer by their form; the order of fields does not matter. */
export function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(lean(inner as object)).sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}

export function queryToUrl(query: InsightQuery): string {
  return JSON.stringify(lean(query));
}

/** Only what has the form of a question; whether it can be asked the server says. */
export function queryFromUrl(text: string | undefined): InsightQuery | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { kind, range } = value as { kind?: unknown; range?: unknown };
    const isKind = (KINDS as readonly unknown[]).includes(kind);
    return isKind && typeof range === "object" && range !== null ? (value as InsightQuery) : undefined;
  } catch {
    return undefined;
  }
}

/** The fields in which questions have events: one each, and lists. */
const EVENT_FIELDS = ["event", "start", "returning", "end", "refund"] as const;
const LIST_FIELDS = ["events", "steps"] as const;

type EventFields = { [field in (typeof EVENT_FIELDS)[number]]?: Selector | null | undefined } & {
  [field in (typeof LIST_FIELDS)[number]]?: Selector[] | undefined;
};

function eventsOf(fields: EventFields): Selector[] {
  const single = EVENT_FIELDS.flatMap((field) => fields[field] ?? []);
  return [...single, ...LIST_FIELDS.flatMap((field) => fields[field] ?? [])];
}

const isChosen = (one: Selector) => (one.event ?? "") !== "" || (one.any_of ?? []).length > 0;

/** Whether all that must be chosen is chosen. */
export function isAskable(query: InsightQuery): boolean {
  if (query.kind === "composition") return query.property.property !== "";
  if (query.kind === "sessions") return true;
  if (query.kind === "revenue" || query.kind === "lifetime") return eventsOf(query.payments ?? {}).every(isChosen);
  const events = eventsOf(query);
  return events.length > 0 && events.every(isChosen);
}

/** The question without conditions that have no value yet. */
export function finished<Q extends InsightQuery>(query: Q): Q {
  const whole = (filters: Selector["filters"]) =>
    filtersOf(conditions(filters).filter((one) => !isComparison(one) || one.values.length > 0));
  const event = (one: Selector) => ({ ...one, filters: whole(one.filters) });
  const events = (of: object): EventFields => {
    const fields = of as EventFields;
    const done: EventFields = {};
    for (const field of EVENT_FIELDS) {
      const one = fields[field];
      if (one) done[field] = event(one);
    }
    for (const field of LIST_FIELDS) {
      const list = fields[field];
      if (list) done[field] = list.map(event);
    }
    return done;
  };
  const payments = "payments" in query && query.payments ? { payments: { ...query.payments, ...events(query.payments) } } : {};
  const segments =
    query.kind === "trend" && query.segments ? { segments: query.segments.map((one) => ({ ...one, filters: whole(one.filters) })) } : {};
  const exclusions =
    query.kind === "funnel" && query.exclusions
      ? { exclusions: query.exclusions.flatMap((one) => (one.event.event === "" ? [] : [{ ...one, event: event(one.event) }])) }
      : {};
  const people = finishedClauses(query.people);
  return { ...query, people, segment: whole(query.segment), ...events(query), ...payments, ...segments, ...exclusions };
}

/** The question with a range and filters that others share. */
export function shared<Q extends InsightQuery>(query: Q, range: Range | undefined, filters: Selector["filters"]): Q {
  const segment = filtersOf([...conditions(query.segment), ...conditions(filters)]);
  return { ...query, ...(range ? { range } : {}), ...(segment.length > 0 ? { segment } : {}) };
}

export function selectorName(selector: Selector): string {
  if (selector.label) return selector.label;
  if (selector.event) return eventWords(selector.event);
  return (selector.any_of ?? []).map((one) => eventWords(one.event)).join(" or ") || "any event";
}

const SPECIAL: Record<string, string> = {
  _active: "Any active event",
  _all: "Any event",
  _new: "First event ever",
};

export function eventWords(name: string): string {
  return SPECIAL[name] ?? (name.startsWith("ce:") ? name.slice(3) : name);
}

const OPS: Record<string, string> = {
  is: "is",
  is_not: "is not",
  contains: "contains",
  does_not_contain: "does not contain",
  starts_with: "starts with",
  less: "<",
  less_or_equal: "≤",
  greater: ">",
  greater_or_equal: "≥",
  set_is: "set is",
  set_is_not: "set is not",
  set_contains: "set contains",
  set_does_not_contain: "set does not contain",
  set_contains_any: "set contains any of",
  glob_match: "matches pattern",
  glob_does_not_match: "does not match pattern",
  regex: "matches regex",
};

export function opWords(op: string): string {
  return OPS[op] ?? op;
}

/** The operators that make sense for the types a property was seen with. */
export function opsFor(types: readonly string[]): string[] {
  if (types[0] === "number") {
    return ["is", "is_not", "greater", "greater_or_equal", "less", "less_or_equal"];
  }
  if (types[0] === "boolean") return ["is", "is_not"];
  if (types[0] === "array") {
    return ["set_contains", "set_contains_any", "set_does_not_contain", "set_is", "set_is_not"];
  }
  return ["is", "is_not", "contains", "does_not_contain", "starts_with", "glob_match", "regex"];
}

export function conditionWords(condition: Condition): string {
  if ("all" in condition) return condition.all.map(conditionWords).join(" and ");
  if ("any" in condition) return condition.any.map(conditionWords).join(" or ");
  if ("not" in condition) return `not (${conditionWords(condition.not)})`;
  const values = condition.values.map(String).join(" or ");
  return `${condition.property} ${opWords(condition.op)} ${values}`;
}

const MEASURES: Record<string, string> = {
  uniques: "Unique people",
  totals: "Events",
  active_percent: "Share of active people",
  average: "Events per person",
};

const OF_PROPERTY: Record<string, string> = {
  sum: "Sum of",
  property_average: "Average of",
  minimum: "Smallest",
  maximum: "Largest",
  median: "Median of",
  distinct_values: "Distinct values of",
  distinct_per_user: "Distinct values per person of",
  histogram: "Events by",
};

export function measureWords(measure: QueryOf<"trend">["measure"]): string {
  if (measure === undefined) return "Unique people";
  if (typeof measure === "string") return MEASURES[measure] ?? measure;
  if ("frequency" in measure) return "People by how often";
  if ("percentile" in measure) return `Percentile ${measure.percentile.percentile} of ${measure.percentile.property}`;
  const [key, of] = Object.entries(measure)[0] ?? ["", undefined];
  return `${OF_PROPERTY[key] ?? key} ${of?.property ?? ""}`;
}

export const USERS_WORDS: Record<Users, string> = {
  any: "everybody",
  active: "active people",
  new: "new people",
};

/** Anything that lists the people behind a number. */
export type Point = PeopleQuery["point"];

export function pointFromUrl(text: string | undefined): Point | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Point) : undefined;
  } catch {
    return undefined;
  }
}

/** The question of the people behind a number: the question without its kind, and the number's place. */
export function peopleQuery(query: InsightQuery, point: Point): PeopleQuery {
  const { kind, ...rest } = query;
  return { kind, query: rest, point } as PeopleQuery;
}
