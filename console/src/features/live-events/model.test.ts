import { expect, test } from "vitest";
import type { LiveEvent, LiveState } from "../../api/queries/liveEvents";
import { append, arrive, NOTHING, release, skip } from "./model";

const row = (cursor: number, state: LiveState = "accepted"): LiveEvent => ({
  cursor: String(cursor),
  receivedAt: "2026-11-22T12:00:00Z",
  receivedOffset: cursor,
  state,
  sourceId: "s",
  deliveries: [],
});
const cursors = (rows: readonly LiveEvent[]) => rows.map((one) => one.cursor).join(" ");

test("the newest stands on top", () => {
  const live = arrive(arrive(NOTHING, [row(1), row(2)], false), [row(3)], false);
  expect(cursors(live.rows)).toBe("3 2 1");
});

test("while paused the list stands still, and what came is shown after", () => {
  const paused = arrive(arrive(NOTHING, [row(1)], false), [row(2), row(3)], true);
  expect(cursors(paused.rows)).toBe("1");
  expect(cursors(paused.held)).toBe("3 2");
  expect(cursors(release(paused).rows)).toBe("3 2 1");
  expect(cursors(arrive(paused, [row(4)], false).rows)).toBe("4 3 2 1");
});

test("a row that comes again shows its new state in its old place", () => {
  const waiting = arrive(NOTHING, [row(1, "waiting"), row(2)], false);
  const done = arrive(waiting, [row(1, "accepted")], true);
  expect(done.rows.map((one) => one.state)).toEqual(["accepted", "accepted"]);
  expect(done.held).toEqual([]);
});

test("the list is bounded as it streams, and older rows are only added by hand", () => {
  const many = Array.from({ length: 500 }, (_, at) => row(at));
  const live = arrive(NOTHING, many, false);
  expect(live.rows).toHaveLength(400);
  expect(live.rows[0]?.cursor).toBe("499");
  expect(append(live, [row(99), row(98)]).rows).toHaveLength(402);
});

test("what came too fast is counted", () => {
  expect(skip(skip(NOTHING, 3), 4).skipped).toBe(7);
});
