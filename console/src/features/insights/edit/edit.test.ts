import { expect, test } from "vitest";
import { typed } from "./FilterChips";
import { matching } from "./Picker";

const options = ["Order Completed", "Order Refunded", "Product Viewed"].map((value) => ({ value, label: value }));
const found = (text: string, used: string[] = []) => matching(options, text, used).map((option) => option.value);

test("all words typed must be in an option, in any order and case", () => {
  expect(found("ORDER comp")).toEqual(["Order Completed"]);
  expect(found("comp order")).toEqual(["Order Completed"]);
  expect(found("view order")).toEqual([]);
});

test("what was used lately comes first, the rest as it was", () => {
  expect(found("", ["Product Viewed"])).toEqual(["Product Viewed", "Order Completed", "Order Refunded"]);
});

test("a value is a number only where the property was seen as numbers alone", () => {
  expect(typed(["20", "x"], ["number"])).toEqual([20, "x"]);
  expect(typed(["20"], ["number", "null"])).toEqual([20]);
  expect(typed(["20"], ["string", "number"])).toEqual(["20"]);
  expect(typed(["true"], ["boolean"])).toEqual([true]);
});
