import { expect, test } from "vitest";
import { deliveryInWords, worstState } from "./deliveryState";

test("of several connections the worst state is told", () => {
  expect(worstState(["running", "suspended", "breaker_open"])).toBe("suspended");
  expect(worstState(["disabled", "running"])).toBe("running");
  expect(worstState([])).toBeUndefined();
});

test("a state this build does not know is shown as it is", () => {
  expect(deliveryInWords("resting")).toEqual({ tone: "idle", words: "resting" });
});
