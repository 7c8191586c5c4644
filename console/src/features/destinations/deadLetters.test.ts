import { expect, it } from "vitest";
import { byCause, nameOfEvent } from "./deadLetters";

it("groups of several connections with one cause are one, most first", () => {
  const groups = [
    { connectionId: "a", reason: "404", count: 2 },
    { connectionId: "a", reason: "400", count: 3, sample: null },
    { connectionId: "b", reason: "404", count: 5 },
  ];
  expect(byCause(groups)).toEqual([
    { reason: "404", count: 7, connectionIds: ["a", "b"], sample: undefined },
    { reason: "400", count: 3, connectionIds: ["a"], sample: undefined },
  ]);
});

it("an event is named by its type, its name and its person", () => {
  expect(nameOfEvent({ type: "track", event: "Saved", userId: "ann" })).toBe("track · Saved · ann");
  expect(nameOfEvent({ type: "page", name: "", anonymousId: "a-1" })).toBe("page · a-1");
  expect(nameOfEvent(undefined)).toBeUndefined();
});
