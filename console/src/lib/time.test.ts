import { expect, test } from "vitest";
import { formatClock, formatExact, formatRelative } from "./time";

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
