// A stored event as a sender would write it, to be sent to one destination for a try.

/** What the server itself gave the event. */
const OURS = ["messageId", "receivedAt", "sentAt", "timestamp", "originalTimestamp", "writeKey", "_metadata", "projectId", "channel", "version"];

/** With a message id of its own, as a peer that knows the event's would drop it. */
export function asSent(stored: unknown): unknown {
  if (typeof stored !== "object" || stored === null) return stored;
  return Object.fromEntries(Object.entries(stored).filter(([key]) => !OURS.includes(key)));
}
