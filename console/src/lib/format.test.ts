import { expect, test } from "vitest";
import {
  formatBytes,
  formatCompact,
  formatDuration,
  formatNumber,
  formatPercent,
  inWords,
  plural,
} from "./format";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test.each([
  [0, "0"],
  [7, "7"],
  [0.25, "0.25"],
  [12.34, "12.3"],
  [999, "999"],
  [1000, "1 k"],
  [12_345, "12.3 k"],
  [999_499, "999 k"],
  [999_999, "1 M"],
  [-4_200, "-4.2 k"],
  [3_400_000_000, "3.4 G"],
])("%d is short as %s", (value, expected) => {
  expect(plain(formatCompact(value))).toBe(expected);
});

test("an exact number keeps every digit", () => {
  expect(formatNumber(1_234_567)).toBe("1,234,567");
});

test.each([
  [0, "0%"],
  [1, "100%"],
  [0.5, "50%"],
  [0.1234, "12.3%"],
  [0.99999, "99.9%"],
  [0.00001, "<0.1%"],
])("the part %d is %s", (part, expected) => {
  expect(formatPercent(part)).toBe(expected);
});

test.each([
  [0, "0 ms"],
  [0.3, "<1 ms"],
  [340, "340 ms"],
  [4_230, "4.2 s"],
  [59_940, "60 s"],
  [60_000, "1 min"],
  [185_000, "3 min 5 s"],
  [3_600_000, "1 h"],
  [187_200_000, "2 d 4 h"],
])("%d ms last %s", (ms, expected) => {
  expect(plain(formatDuration(ms))).toBe(expected);
});

test("bytes, counts and codes read as words", () => {
  expect(plain(formatBytes(512))).toBe("512 B");
  expect(plain(formatBytes(1_234_567))).toBe("1.2 MB");
  expect(plural(1, "event")).toBe("1 event");
  expect(plural(2_000, "person", "people")).toBe("2,000 people");
  expect(inWords("no_user_anon_id")).toBe("No user anon id");
  expect(inWords("timeZone")).toBe("Time zone");
});
