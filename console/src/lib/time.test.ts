import { expect, test } from "vitest";
import { formatClock, formatExact, formatRelative, momentOf, wallClock } from "./time";

const now = Date.parse("2026-11-22T12:00:00Z");

test.each([
  ["2026-11-22T11:59:58Z", "just now"],
  ["2026-11-22T11:59:48Z", "12 s ago"],
  ["2026-11-22T11:57:00Z", "3 min ago"],
  ["2026-11-22T07:00:00Z", "5 h ago"],
  ["2026-11-20T11:00:00Z", "2 d ago"],
  ["2026-11-22T12:02:00Z", "in 2 min"],
  ["2026-10-01T12:00:00Z", "1 Oct 2026"],
  ["nonsense", "unknown"],
])("%s is %s", (at, expected) => {
  expect(formatRelative(at, now, "UTC")).toBe(expected);
});

test("exact times are in the zone of the workspace and say so", () => {
  const exact = formatExact("2026-11-22T12:00:00.120Z", "Europe/Berlin");
  expect(exact).toContain("22 Nov 2026");
  expect(exact).toContain("13:00:00.120");
  expect(exact).toMatch(/CET|GMT\+1/);
  expect(formatClock("2026-11-22T12:00:00Z", "Asia/Tokyo")).toBe("21:00:00");
});

test("a clock's time in a zone is found again, also on the day the clocks change", () => {
  expect(wallClock("2026-03-01T09:00:00Z", "Europe/Berlin")).toBe("2026-03-01T10:00:00");
  for (const wall of ["2026-03-29T01:30:00", "2026-03-29T03:30:00", "2026-10-25T04:00:00", "2026-07-01T00:00:00"]) {
    expect(wallClock(momentOf(wall, "Europe/Berlin") ?? "", "Europe/Berlin")).toBe(wall);
  }
  expect(momentOf("2026-03-01T00:00", "America/New_York")).toBe("2026-03-01T05:00:00.000Z");
  expect(momentOf("soon", "UTC")).toBeUndefined();
});
