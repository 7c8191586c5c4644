import { expect, test } from "vitest";
import { integer, list, oneOf, parseSearch, search, stringifySearch, text } from "./url";

const parse = search({ q: text, page: integer, state: oneOf("accepted", "refused"), ids: list });

test("known parameters that fit are kept", () => {
  const found = parse(parseSearch("?q=a+b&page=2&state=refused&ids=x,y"));
  expect(found).toEqual({ q: "a b", page: 2, state: "refused", ids: ["x", "y"] });
});

test("what does not fit or is unknown is dropped", () => {
  expect(parse(parseSearch("?q=&page=two&state=gone&other=1"))).toEqual({});
});

test("an address that was written reads back the same", () => {
  const values = { q: "100% & more", page: 3, ids: ["a", "b"] };
  expect(parse(parseSearch(stringifySearch(values)))).toEqual(values);
});

test("absent values leave no trace in the address", () => {
  expect(stringifySearch({ q: undefined, page: null, state: "" })).toBe("");
});
