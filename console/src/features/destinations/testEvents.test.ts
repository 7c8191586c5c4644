import { expect, it } from "vitest";
import { asSent } from "./testEvents";

it("a stored event becomes one as it was sent, without what the server gave it", () => {
  const stored = { type: "track", event: "Saved", userId: "ann", messageId: "m-1", receivedAt: "2026-01-01T00:00:00Z", properties: { a: 1 }, context: { ip: "203.0.113.7" } };
  expect(asSent(stored)).toEqual({ type: "track", event: "Saved", userId: "ann", properties: { a: 1 }, context: { ip: "203.0.113.7" } });
});
