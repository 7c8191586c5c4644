// The usual questions, asked about the events that were really seen: a template whose events were not
// seen is not offered.

import type { InsightQuery, Selector } from "./model";

export interface Template {
  /** The question in its own words. */
  question: string;
  /** About which events, in words. */
  about: string;
  query: InsightQuery;
}

const MONTH = { last_days: 30 };
const QUARTER = { last_days: 90 };

/** Ways that lead somewhere, by names that are in use (Segment's semantic events first). */
const WAYS: { question: string; steps: string[][] }[] = [
  {
    question: "Where do people drop out on the way to an order?",
    steps: [["Product Viewed", "Product Clicked"], ["Product Added", "Added to Cart"], ["Checkout Started"], ["Order Completed", "Purchase", "Order Placed"]],
  },
  {
    question: "Where do people drop out in signup?",
    steps: [["Signup Started", "Sign Up Started", "Signup Viewed"], ["Signup Completed", "Signed Up", "Account Created", "User Signed Up"]],
  },
  {
    question: "How many of those who signed up buy?",
    steps: [["Signup Completed", "Signed Up", "Account Created", "User Signed Up"], ["Order Completed", "Purchase", "Subscription Started"]],
  },
  {
    question: "How many trials become subscriptions?",
    steps: [["Trial Started"], ["Trial Ended", "Subscription Started", "Subscription Created"]],
  },
];

const MONEY = ["Order Completed", "Purchase", "Subscription Renewed"];
const SIGNUPS = ["Signup Completed", "Signed Up", "Account Created", "User Signed Up"];

/** Names are compared without case, spaces and punctuation. */
const bare = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

export function templates(seen: readonly string[]): Template[] {
  const known = new Map(seen.map((name) => [bare(name), name]));
  const first = (names: readonly string[]) => names.map((name) => known.get(bare(name))).find((name) => name !== undefined);
  const found: Template[] = [];
  const offer = (question: string, about: string, query: InsightQuery) => found.push({ question, about, query });
  if (seen.length === 0) return found;
  offer("How many people are active each day?", "Any active event, per day", {
    kind: "trend", range: MONTH, interval: "day", measure: "uniques", events: [{ event: "_active" }],
  });
  offer("How many people come for the first time?", "First event ever, per week", {
    kind: "trend", range: QUARTER, interval: "week", measure: "uniques", events: [{ event: "_new" }],
  });
  offer("How many of the new people come back?", "First event ever, then any active event, by day", {
    kind: "retention", range: MONTH, unit: "day", start: { event: "_new" }, returning: { event: "_active" },
  });
  for (const { question, steps } of WAYS) {
    const events = steps.map(first).filter((name) => name !== undefined);
    // A way needs its beginning, its end, and no step twice.
    const whole = first(steps[0] ?? []) !== undefined && first(steps.at(-1) ?? []) !== undefined;
    if (whole && events.length >= 2 && new Set(events).size === events.length) offer(question, events.join(" → "), funnel(events));
  }
  const signup = first(SIGNUPS);
  if (signup) {
    offer("Do those who signed up stay?", `${signup}, then any active event, by week`, {
      kind: "retention", range: QUARTER, unit: "week", start: { event: signup }, returning: { event: "_active" },
    });
  }
  const money = first(MONEY);
  if (money) {
    offer("How does revenue develop?", `Sum of revenue of ${money}, per week`, {
      kind: "trend", range: QUARTER, interval: "week", users: "any", events: [{ event: money }],
      measure: { sum: { property: "revenue" } },
    });
    offer("Who comes back to buy again?", `${money}, then ${money}, by week`, {
      kind: "retention", range: QUARTER, unit: "week", start: { event: money }, returning: { event: money },
    });
  }
  return found;
}

function funnel(events: readonly string[]): InsightQuery {
  const steps: Selector[] = events.map((event) => ({ event }));
  return { kind: "funnel", range: MONTH, window_seconds: 7 * 86_400, steps };
}

