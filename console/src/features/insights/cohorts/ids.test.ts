import { expect, test } from "vitest";
import { idsIn } from "./ids";

test("ids stand on lines, between commas, or both", () => {
  expect(idsIn("ann\nbob\r\n\nann")).toEqual(["ann", "bob"]);
  expect(idsIn("ann, bob,cyd")).toEqual(["ann", "bob", "cyd"]);
  expect(idsIn("ann,bob\ncyd,dan,\n")).toEqual(["ann", "bob", "cyd", "dan"]);
  expect(idsIn('"van, eve","q ""z"""')).toEqual(["van, eve", 'q "z"']);
  expect(idsIn(" \n")).toEqual([]);
});

test("of a table with headings the ids are those of its column, empty fields before it or not", () => {
  expect(idsIn('user_id,plan\n"ann",pro\n"bob",free')).toEqual(["ann", "bob"]);
  expect(idsIn("plan,userId\npro,ann\n,bob")).toEqual(["ann", "bob"]);
});
