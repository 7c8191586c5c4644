import { expect, test } from "vitest";
import { isAskable } from "./model";
import { templates } from "./templates";

const questions = (seen: string[]) => templates(seen).map((one) => one.question);

test("without events there is nothing to ask about", () => {
  expect(templates([])).toEqual([]);
});

test("what was not seen is not offered", () => {
  const asked = questions(["Article Read"]);
  expect(asked).toContain("How many people are active each day?");
  expect(asked.join()).not.toMatch(/order|signup|revenue/i);
});

test("a shop gets its funnel with the steps that it has, whatever their spelling", () => {
  const found = templates(["order_completed", "Product Viewed", "checkout started"]);
  const way = found.find((one) => one.question.includes("order"));
  expect(way?.about).toBe("Product Viewed → checkout started → order_completed");
});

test("a way without its end is none, nor one whose beginning is its end", () => {
  expect(questions(["Product Viewed", "Product Added"]).join()).not.toMatch(/order/);
  expect(questions(["Signup Completed"]).join()).not.toMatch(/drop out in signup/);
});

test("every template can be asked as it is", () => {
  const all = templates(["Product Viewed", "Order Completed", "Signup Started", "Signup Completed", "Trial Started", "Subscription Started"]);
  expect(all.length).toBeGreaterThan(7);
  for (const { question, query } of all) expect(isAskable(query), question).toBe(true);
});
