import { expect, test } from "vitest";
import { draftOf, routingOf } from "./routingModel";

const calls = { track: false, identify: true, page: true, screen: true, group: true, alias: false };

test("a routing survives its form", () => {
  const routing = { consentCategories: ["Ads"], schema: { calls, events: { A: true, B: false } } };
  expect(routingOf(draftOf(routing))).toEqual(routing);
});

test("what is absent is on", () => {
  expect(draftOf({}).calls).toEqual(["track", "identify", "page", "screen", "group", "alias"]);
});

test("an event in both lists counts by the list that shows", () => {
  const draft = { consent: [], calls: ["identify"], eventsOff: ["A"], eventsOn: ["A"] };
  expect(routingOf(draft).schema?.events).toEqual({ A: true });
  expect(routingOf({ ...draft, calls: ["track"] }).schema?.events).toEqual({ A: false });
});
