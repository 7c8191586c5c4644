import { expect, test } from "vitest";
import type { Filter } from "../../api/queries/filters";
import { actionInWords, actionOf, bodyOf, draftOf, EMPTY, mistakeIn } from "./filterModel";

const filter = (actions: Filter["actions"]): Filter => ({
  id: "f",
  destinationId: "d",
  title: "T",
  description: "",
  if: "all",
  actions,
  enabled: true,
  createdAt: "",
  updatedAt: "",
});

test("each action comes back from the form as it went in", () => {
  const actions: Filter["actions"] = [
    { type: "DROP" },
    { type: "SAMPLE", percent: 0.07, path: "userId" },
    { type: "SAMPLE", percent: 0.5 },
    { type: "DROP_PROPERTIES", fields: { properties: ["card", "cvc"], "context.page": ["url"], "": ["traits"] } },
    { type: "ALLOW_PROPERTIES", fields: { properties: ["total"] } },
  ];
  for (const action of actions) {
    const draft = draftOf(filter([action]));
    expect(draft && actionOf(draft)).toEqual(action);
  }
});

test("a filter of several actions does not fit the form", () => {
  expect(draftOf(filter([{ type: "DROP" }, { type: "SAMPLE", percent: 1 }]))).toBeUndefined();
  expect(draftOf(filter([]))).toBeUndefined();
});

test("an action in words", () => {
  expect(actionInWords({ type: "SAMPLE", percent: 0.1, path: "userId" })).toBe("10 % sent, by userId");
  expect(actionInWords({ type: "DROP_PROPERTIES", fields: { properties: ["a"], "": ["b"] } })).toBe(
    "without properties.a, b",
  );
});

test("the place of a mistake is cut out of its line", () => {
  const text = "type = 'track'\nand contain(event, 'x')";
  expect(mistakeIn(text, { line: 2, column: 5, length: 7 })).toEqual(["and ", "contain", "(event, 'x')"]);
  expect(mistakeIn("a =", { line: 1, column: 4, length: 1 })).toEqual(["a =", " ", ""]);
});

test("the body has the title trimmed", () => {
  expect(bodyOf({ ...EMPTY, title: " T ", condition: "all" })).toEqual({
    title: "T",
    if: "all",
    actions: [{ type: "DROP" }],
  });
});
