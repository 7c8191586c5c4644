import { House, Plug } from "lucide-react";
import { expect, test } from "vitest";
import { findTargets, type Target } from "./palette";

const targets: Target[] = [
  { key: "home", label: "Home", group: "", icon: House, words: "ledger", link: { to: "/" } },
  { key: "sources", label: "Sources", group: "Connect", icon: Plug, words: "write key", link: { to: "/sources" } },
];
const labels = (typed: string) => findTargets(targets, typed).map((found) => found.label);

test("nothing typed lists every place", () => {
  expect(labels("")).toEqual(["Home", "Sources"]);
});

test("a place is found by its name, its group and its other words", () => {
  expect(labels("sour")).toEqual(["Sources"]);
  expect(labels("connect")).toEqual(["Sources"]);
  expect(labels("KEY write")).toEqual(["Sources"]);
  expect(labels("ledger")).toEqual(["Home"]);
  expect(labels("nothing like it")).toEqual([]);
});

test("what begins with the typed word stands before what only holds it", () => {
  const more = { ...targets[0], key: "r", label: "Resources" } as Target;
  expect(findTargets([more, ...targets], "sources").map((found) => found.key)).toEqual(["sources", "r"]);
});
