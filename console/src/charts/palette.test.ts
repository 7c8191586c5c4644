import { expect, test } from "vitest";
import { COLOURS, slots } from "./palette";

test("up to eight series have eight different colours", () => {
  const given = slots(["US", "DE", "GB", "FR", "VN", "JP", "BR", "IN"]);
  expect(new Set(given.values()).size).toBe(COLOURS);
});

test("a series keeps its colour when others that do not compete for it go", () => {
  const all = slots(["US", "DE", "GB"]);
  for (const key of ["US", "DE", "GB"]) {
    const alone = slots([key]).get(key);
    const withOne = slots([key, "ZZ"]).get(key);
    expect([alone, withOne]).toContain(all.get(key));
  }
  expect(slots(["US", "DE"])).toEqual(slots(["DE", "US"]));
});

test("more series than colours still have one each", () => {
  const keys = Array.from({ length: 20 }, (_, index) => `series ${index}`);
  expect(slots(keys).size).toBe(20);
});
