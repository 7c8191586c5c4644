import { expect, test } from "vitest";
import { byDay, eventKey, parseEventKey, propertyWords } from "./model";

const event = (offset: number, timestamp: string) => ({ offset, timestamp, name: "A", sourceId: "s", messageId: `m${offset}` });

test("events gather by day in the order they come", () => {
  const events = [event(3, "2026-03-02T01:00:00Z"), event(2, "2026-03-01T09:00:00Z"), event(1, "2026-03-01T08:00:00Z")];
  const days = byDay(events, (at) => at.slice(0, 10));
  expect(days.map(([day, list]) => [day, list.map((one) => one.offset)])).toEqual([
    ["2026-03-02", [3]],
    ["2026-03-01", [2, 1]],
  ]);
});

test("an event's key comes back, also when the message id has a slash", () => {
  expect(parseEventKey(eventKey({ sourceId: "s1", messageId: "a/b/c" }))).toEqual({ sourceId: "s1", messageId: "a/b/c" });
  expect(parseEventKey("nothing")).toBeUndefined();
});

test("a line of properties shows plain values only", () => {
  expect(propertyWords({ properties: { a: 1, b: [1], c: "x", d: null } })).toBe("a: 1  ·  c: x");
  expect(propertyWords({ traits: { plan: "pro" } })).toBe("plan: pro");
  expect(propertyWords(null)).toBe("");
});
