import { expect, test } from "vitest";
import { prettyCall } from "./pretty";

test("each type is written as its call", () => {
  expect(prettyCall({ type: "track", event: "Order Completed", properties: { revenue: 1, "a b": 2 } })).toBe(
    'analytics.track("Order Completed", {\n  revenue: 1,\n  "a b": 2\n});',
  );
  expect(prettyCall({ type: "identify", userId: "u", traits: {} })).toBe('analytics.identify("u");');
  expect(prettyCall({ type: "alias", userId: "new", previousId: "old" })).toBe(
    'analytics.alias("new", "old");',
  );
  expect(prettyCall({ type: "page", category: "Docs", name: "Start" })).toBe(
    'analytics.page("Docs", "Start");',
  );
  expect(prettyCall({ type: "group", groupId: "g", traits: { plan: "pro" } })).toContain(
    'analytics.group("g", {\n  plan: "pro"\n}',
  );
});
