import { expect, test } from "vitest";
import { heat } from "./heat";

const TEXT = { light: "rgb(29, 33, 37)", dark: "rgb(227, 230, 234)" };

function luminance(css: string): number {
  const [r = 0, g = 0, b = 0] = (css.match(/\d+/g) ?? []).map((text) => {
    const part = Number(text) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test("text is readable on every cell, whole or hatched, in both schemes", () => {
  for (let percent = 0; percent <= 100; percent += 1) {
    for (const scheme of ["light", "dark"] as const) {
      const { fill, stripe } = heat(percent / 100, scheme === "dark");
      expect(contrast(fill, TEXT[scheme])).toBeGreaterThanOrEqual(4.5);
      expect(contrast(stripe, TEXT[scheme])).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test("more is stronger, and what is out of bounds is as the bound", () => {
  expect(luminance(heat(0.1, false).fill)).toBeGreaterThan(luminance(heat(0.9, false).fill));
  expect(luminance(heat(0.1, true).fill)).toBeLessThan(luminance(heat(0.9, true).fill));
  expect(heat(2, false)).toEqual(heat(1, false));
});
