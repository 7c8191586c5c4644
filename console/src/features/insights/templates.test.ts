import { expect, test } from "vitest";
import { peopleWords } from "./whom/model";
import { isAskable } from "./model";
import { INSIGHT_KINDS } from "./registry";
import { cohortTemplates, templates } from "./templates";

const asked = (events: string[], properties: { name: string; of: string; samples?: string[] }[] = []) => templates({ events, properties });
const questions = (events: string[]) => asked(events).map((one) => one.question);
const SIGNUP = ["Signup Started", "Signup Completed"];
const METHOD = { name: "signup_method", of: "event", samples: ["email", "google"] };

test("without events there is nothing to ask about", () => {
  expect(asked([])).toEqual([]);
  expect(cohortTemplates({ events: [], properties: [METHOD] })).toEqual([]);
});

test("what was not seen is not offered", () => {
  const all = questions(["Article Read"]);
  expect(all).toContain("How many people are active each day?");
  expect(all.join()).not.toMatch(/order|signup|revenue/i);
});

test("a shop gets its funnel with the steps that it has, whatever their spelling", () => {
  const way = asked(["order_completed", "Product Viewed", "checkout started"]).find((one) => one.question.includes("order"));
  expect(way?.about).toBe("Product Viewed → checkout started → order_completed");
});

test("a way without its end is none, nor one whose beginning is its end", () => {
  expect(questions(["Product Viewed", "Product Added"]).join()).not.toMatch(/order/);
  expect(questions(["Signup Completed"]).join()).not.toMatch(/drop off in signup/);
});

test("signup is split by the method and the platform that were seen", () => {
  const split = asked(SIGNUP, [METHOD, { name: "platform", of: "event" }, { name: "os", of: "context" }]).filter(({ query }) => "breakdown" in query && query.breakdown);
  expect(split.map(({ question, query }) => [question, "breakdown" in query && query.breakdown])).toEqual([
    ["Which signup method converts best?", { property: "signup_method", of: "event" }],
    ["On which platform do they sign up?", { property: "os", of: "context" }],
  ]);
});

test("every template can be asked as it is, and drawn as it says", () => {
  const all = asked(["Product Viewed", "Order Completed", ...SIGNUP, "Trial Started", "Subscription Started"], [METHOD]);
  expect(all.length).toBeGreaterThan(12);
  for (const { question, query, chart } of all) {
    expect(isAskable(query), question).toBe(true);
    if (chart) expect(INSIGHT_KINDS[query.kind].charts, question).toContain(chart);
  }
});

test("cohorts of signup: by each method, within a time, and begun but not done", () => {
  const found = cohortTemplates({ events: SIGNUP, properties: [METHOD] });
  const words = found.map((one) => [one.name, one.definition.clauses.map((clause) => `${clause.not ? "not " : ""}${clause.any_of.map((condition) => peopleWords(condition, String)).join(" or ")}`).join("; ")]);
  expect(words.slice(2)).toEqual([
    ["Signed up by email", "did Signup Completed where signup_method is email at least once in the last 90 days"],
    ["Signed up by google", "did Signup Completed where signup_method is google at least once in the last 90 days"],
    ["Signed up within 10 minutes", "did Signup Started, then Signup Completed within 10 minutes in the last 90 days"],
    ["Began to sign up and did not finish", "did Signup Started at least once in the last 90 days; not did Signup Completed at least once in the last 90 days"],
  ]);
});
