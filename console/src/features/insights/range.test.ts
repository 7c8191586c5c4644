import { expect, test } from "vitest";
import { rangeWords, resolveRange, todayIn } from "./range";

test("the last days include today", () => {
  expect(resolveRange({ last_days: 7 }, "2026-03-10")).toEqual({ start: "2026-03-04", end: "2026-03-10", days: 7 });
});

test("today is told by the workspace's clock", () => {
  const now = new Date("2026-03-10T23:30:00Z");
  expect(todayIn("UTC", now)).toBe("2026-03-10");
  expect(todayIn("Asia/Tokyo", now)).toBe("2026-03-11");
});

test("ranges have words", () => {
  expect(rangeWords({ last_days: 1 })).toBe("today");
  expect(rangeWords({ last_days: 90 })).toBe("last 90 days");
  expect(rangeWords({ start: "2026-03-01", end: "2026-03-01" })).toBe("1 Mar 2026");
});
