import { House, Plug } from "lucide-react";
import { expect, test } from "vitest";
import type { PlaceGroup } from "./nav";
import { findPlaces } from "./palette";

const nav: PlaceGroup[] = [
  { places: [{ label: "Home", to: "/", icon: House, words: "ledger" }] },
  { label: "Connect", places: [{ label: "Sources", to: "/", icon: Plug, words: "write key" }] },
];
const labels = (typed: string) => findPlaces(nav, typed).map((found) => found.place.label);

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
