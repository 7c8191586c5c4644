import { expect, test } from "vitest";
import { compareCells, type SortValue } from "./sort";

const sorted = (values: SortValue[], down: boolean) =>
  [...values].sort((a, b) => compareCells(a, b, down));

test("numbers by size, texts by their numbers, and what is absent last in both directions", () => {
  expect(sorted([3, null, 10, 1], false)).toEqual([1, 3, 10, null]);
  expect(sorted([3, null, 10, 1], true)).toEqual([10, 3, 1, null]);
  expect(sorted(["step 10", "Step 2", undefined], false)).toEqual(["Step 2", "step 10", undefined]);
});
