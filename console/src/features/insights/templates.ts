// The usual questions, asked about what was really seen: a template whose events or properties were not
// seen is not offered.

import type { CohortDefinition, PeopleCondition } from "../../api/queries/cohorts";
import { filtersOf, type ChartType, type InsightQuery, type PropertyRef, type Selector } from "./model";
import { finder, METHODS, ORDERS, PLATFORMS, SIGNUP_STARTS, SIGNUPS } from "./usual";

/** What they are about, in the order of the page. */
export const TOPICS = ["People", "Signup", "Sales"] as const;
type Topic = (typeof TOPICS)[number];

export interface Template {
  topic: Topic;
  /** The question in its own words. */
  question: string;
  /** About which events, in words. */
  about: string;
  query: InsightQuery;
  chart?: ChartType;
}

/** A property that was seen, and the values it was seen with. */
export interface SeenProperty {
  name: string;
  of: string;
  samples?: readonly string[] | undefined;
}

export interface Seen {
  events: readonly string[];
  properties: readonly SeenProperty[];
  /** Properties of the event that ends signup. */
  ofSignup?: readonly SeenProperty[];
}

const MONTH = { last_days: 30 };
const WEEKS = { last_days: 42 };
const QUARTER = { last_days: 90 };
const WEEK_SECONDS = 7 * 86_400;

/** Ways that lead somewhere. */
const WAYS: { topic: Topic; question: string; steps: string[][] }[] = [
  { topic: "Signup", question: "Where do people drop off in signup?", steps: [SIGNUP_STARTS, SIGNUPS] },
  { topic: "Signup", question: "How many of those who signed up buy?", steps: [SIGNUPS, [...ORDERS, "Subscription Started"]] },
  { topic: "Sales", question: "Where do people drop off on the way to an order?", steps: [["Product Viewed", "Product Clicked"], ["Product Added", "Added to Cart"], ["Checkout Started"], ORDERS] },
  { topic: "Sales", question: "How many trials become subscriptions?", steps: [["Trial Started"], ["Trial Ended", "Subscription Started", "Subscription Created"]] },
];

export function templates(seen: Seen): Template[] {
  if (seen.events.length === 0) return [];
  const found = [...ofPeople(), ...ways(seen), ...ofSignup(seen), ...ofSales(seen)];
  return TOPICS.flatMap((topic) => found.filter((one) => one.topic === topic));
}

function ofPeople(): Template[] {
  const topic = "People";
  return [
    {
      topic, question: "How many people are active each day?", about: "Any active event, per day",
      query: { kind: "trend", range: MONTH, interval: "day", measure: "uniques", events: [{ event: "_active" }] },
    },
    {
      topic, question: "How many people come for the first time?", about: "First event ever, per week",
      query: { kind: "trend", range: QUARTER, interval: "week", measure: "uniques", events: [{ event: "_new" }] },
    },
    {
      topic, question: "How many of the new people come back?", about: "First event ever, then any active event, by day",
      query: { kind: "retention", range: MONTH, unit: "day", start: { event: "_new" }, returning: { event: "_active" } },
    },
    {
      topic, question: "Does the number of people grow, or who leaves?", about: "New, current, resurrected and dormant people, per week",
      query: { kind: "lifecycle", range: QUARTER, interval: "week", event: { event: "_active" } },
    },
  ];
}

function ways(seen: Seen): Template[] {
  const first = finder(seen.events);
  return WAYS.flatMap(({ topic, question, steps }) => {
    const events = steps.map(first).filter((name) => name !== undefined);
    // A way needs its beginning, its end, and no step twice.
    const whole = first(steps[0] ?? []) !== undefined && first(steps.at(-1) ?? []) !== undefined;
    const offered = whole && events.length >= 2 && new Set(events).size === events.length;
    return offered ? [{ topic, question, about: events.join(" → "), query: funnel(events) }] : [];
  });
}

function ofSignup(seen: Seen): Template[] {
  const topic = "Signup";
  const [start, done] = [SIGNUP_STARTS, SIGNUPS].map(finder(seen.events));
  if (!done) return [];
  const method = property(seen.properties, METHODS);
  const platform = property([...(seen.ofSignup ?? []).filter((one) => one.of === "event"), ...seen.properties.filter((one) => one.of === "context")], PLATFORMS);
  const list: Template[] = [];
  if (start) {
    const steps = [start, done];
    const way = steps.join(" → ");
    if (method) list.push({ topic, question: "Which signup method converts best?", about: `${way}, by ${method.property}`, query: { ...funnel(steps), breakdown: method } });
    list.push(
      { topic, question: "How does signup change over time?", about: `${way}, per week`, query: { ...funnel(steps), range: WEEKS, interval: "week" }, chart: "line" },
      { topic, question: "How long does signup take?", about: `Time from ${start} to ${done}`, query: { ...funnel(steps), time_bins: {} }, chart: "times" },
    );
  }
  const signups = { kind: "trend", measure: "uniques", events: [{ event: done }] } as const;
  list.push({ topic, question: "How many sign up each day?", about: `${done}, per day`, query: { ...signups, events: [{ event: done }], range: MONTH, interval: "day" } });
  if (platform) {
    list.push({
      topic, question: "On which platform do they sign up?", about: `${done}, per week, by ${platform.property}`,
      query: { ...signups, events: [{ event: done }], range: WEEKS, interval: "week", breakdown: platform },
    });
  }
  list.push({
    topic, question: "Do those who signed up stay?", about: `${done}, then any active event, by week`,
    query: { kind: "retention", range: QUARTER, unit: "week", start: { event: done }, returning: { event: "_active" } },
  });
  return list;
}

function ofSales(seen: Seen): Template[] {
  const topic = "Sales";
  const order = finder(seen.events)(ORDERS);
  if (!order) return [];
  return [
    {
      topic, question: "How does revenue develop?", about: `Revenue of ${order}, per week`,
      query: { kind: "revenue", range: QUARTER, interval: "week", payments: { event: { event: order } } },
    },
    {
      topic, question: "What is a new person worth?", about: `Revenue of ${order} by each day since they came`,
      query: { kind: "lifetime", range: QUARTER, measure: "arpu", payments: { event: { event: order } } },
    },
    {
      topic, question: "Who comes back to buy again?", about: `${order}, then ${order}, by week`,
      query: { kind: "retention", range: QUARTER, unit: "week", start: { event: order }, returning: { event: order } },
    },
  ];
}

/** The first of some properties of events, or of their context, that was seen. */
function property(seen: readonly SeenProperty[], names: readonly string[]): PropertyRef | undefined {
  for (const of of ["event", "context"] as const) {
    const name = finder(seen.filter((one) => one.of === of).map((one) => one.name))(names);
    if (name) return { property: name, of };
  }
  return undefined;
}

function funnel(events: readonly string[]) {
  const steps: Selector[] = events.map((event) => ({ event }));
  return { kind: "funnel" as const, range: MONTH, window_seconds: WEEK_SECONDS, steps };
}

export interface CohortTemplate {
  name: string;
  /** In words. */
  about: string;
  definition: CohortDefinition;
}

const METHODS_MAX = 4;
const SOON_SECONDS = 600;

/** The usual groups of people. */
export function cohortTemplates(seen: Seen): CohortTemplate[] {
  if (seen.events.length === 0) return [];
  const first = finder(seen.events);
  const [start, done, order] = [SIGNUP_STARTS, SIGNUPS, ORDERS].map(first);
  const within = QUARTER;
  const did = (event: string, more: object = {}): PeopleCondition => ({ kind: "performed", event: { event }, op: "greater_or_equal", count: 1, within, ...more });
  const all = (...clauses: [condition: PeopleCondition, not?: boolean][]): CohortDefinition => ({ clauses: clauses.map(([one, not]) => ({ any_of: [one], ...(not ? { not } : {}) })) });
  const list: CohortTemplate[] = [
    { name: "New this week", about: "First event ever in the last 7 days", definition: all([{ kind: "new", within: { last_days: 7 } }]) },
    { name: "Gone quiet", about: "Active in the last 90 days, not in the last 14", definition: all([{ kind: "active", within }], [{ kind: "active", within: { last_days: 14 } }, true]) },
  ];
  const method = property(seen.properties, METHODS);
  const methods = seen.properties.find((one) => one.name === method?.property && one.of === method.of)?.samples ?? [];
  if (done && method) {
    for (const value of methods.slice(0, METHODS_MAX)) {
      const filters = filtersOf([{ property: method.property, of: method.of ?? "event", op: "is", values: [value] }]);
      list.push({ name: `Signed up by ${value}`, about: `${done} where ${method.property} is ${value}`, definition: all([did(done, { event: { event: done, filters } })]) });
    }
  }
  if (start && done) {
    list.push(
      { name: "Signed up within 10 minutes", about: `${start}, then ${done} within 10 minutes`, definition: all([{ kind: "sequence", steps: [{ event: start }, { event: done }], in_seconds: SOON_SECONDS, within }]) },
      { name: "Began to sign up and did not finish", about: `${start}, and not ${done}`, definition: all([did(start)], [did(done), true]) },
    );
  }
  if (order) list.push({ name: "Bought more than once", about: `${order} at least 2 times in the last 90 days`, definition: all([did(order, { count: 2 })]) });
  return list;
}
