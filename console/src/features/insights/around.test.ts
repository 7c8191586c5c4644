import { describe, expect, it } from "vitest";
import { changes, daysAround, notedFromUrl, over } from "./around";
import type { Figure } from "./kind";

const figure = (key: string, value: number | null): Figure => ({ key, name: key.toUpperCase(), value, format: (value) => `${value}!` });

describe("before and after", () => {
  it("takes as many days on both sides, the day itself after, and only days that are over", () => {
    expect(daysAround("2026-03-10", "2026-04-30", 7)).toEqual({
      days: 7,
      before: { start: "2026-03-03", end: "2026-03-09" },
      after: { start: "2026-03-10", end: "2026-03-16" },
    });
    expect(daysAround("2026-03-10", "2026-03-12", 7)).toEqual({
      days: 2,
      before: { start: "2026-03-08", end: "2026-03-09" },
      after: { start: "2026-03-10", end: "2026-03-11" },
    });
    expect(daysAround("2026-03-10", "2026-03-10", 7)).toBeUndefined();
    expect(daysAround("2026-03-11", "2026-03-10", 7)).toBeUndefined();
  });

  it("compares with nothing else", () => {
    const range = { start: "2026-03-10", end: "2026-03-16" };
    const query = { kind: "trend" as const, range: { last_days: 30 }, events: [{ event: "A" }], compare: { count: 1, unit: "weeks" as const } };
    expect(over(query, range)).toEqual({ ...query, range, compare: undefined });
  });

  it("tells each number's change, also of what is on one side only", () => {
    const found = changes([figure("a", 10), figure("b", 0), figure("c", 3)], [figure("a", 15), figure("b", 4), figure("d", null)]);
    expect(found).toEqual([
      { key: "a", name: "A", before: "10!", after: "15!", part: 0.5 },
      { key: "b", name: "B", before: "0!", after: "4!", part: null },
      { key: "d", name: "D", before: "–", after: "–", part: null },
      { key: "c", name: "C", before: "3!", after: "–", part: null },
    ]);
  });

  it("is kept in the link, and what is no moment is left out", () => {
    const noted = { at: "2026-03-10T09:00:00Z", text: "Release 4.2" };
    expect(notedFromUrl(JSON.stringify(noted))).toEqual(noted);
    for (const wrong of [undefined, "", "{", "[]", "1", '{"at":"soon","text":"x"}', '{"at":"2026-03-10"}']) expect(notedFromUrl(wrong)).toBeUndefined();
  });
});
