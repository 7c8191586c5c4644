import { expect, test } from "vitest";
import { add, addText, COLUMNS, flow, move, remove, resize, rewrite, SIZES, sizeOf } from "./model";

const item = (insightId: string, width: number, height = 5) => ({ insightId, x: 0, y: 0, width, height });
const places = (items: ReturnType<typeof flow>) =>
  items.map((one) => `${one.insightId ?? one.text}@${one.x},${one.y}`).join(" ");

test("items fill a row from the left and go on below its tallest", () => {
  expect(places(flow([item("a", 6, 5), item("b", 6, 7), item("c", 8), item("d", 8)]))).toBe("a@0,0 b@6,0 c@0,7 d@0,12");
});

test("an added insight comes last, a removed one leaves no gap", () => {
  const two = add(add([], "a"), "b");
  expect(places(two)).toBe("a@0,0 b@6,0");
  expect(places(remove(two, 0))).toBe("b@0,0");
});

test("a text takes a line of its own and can be written anew", () => {
  const items = addText(add([], "a"), "Orders");
  expect(places(items)).toBe("a@0,0 Orders@0,5");
  expect(places(rewrite(items, 1, "Sales"))).toBe("a@0,0 Sales@0,5");
});

test("moving keeps every item and every item lies within the grid", () => {
  const items = flow([item("a", 6), item("b", 6), item("c", 12)]);
  const moved = move(items, 2, 0);
  expect(places(moved)).toBe("c@0,0 a@0,5 b@6,5");
  for (const one of moved) expect(one.x + one.width).toBeLessThanOrEqual(COLUMNS);
  expect(places(move(moved, 0, 2))).toBe(places(items));
});

test("a size that was chosen is the size that is read back", () => {
  const full = SIZES.find((size) => size.key === "full") ?? SIZES[0];
  const [resized] = resize([item("a", 6)], 0, full);
  expect(resized && sizeOf(resized)).toBe("full");
  expect(sizeOf(item("a", 5, 3))).toBeUndefined();
});

test("a size that is dragged too far stops where something can still be seen", () => {
  const [small] = resize([item("a", 6)], 0, { width: 0.4, height: -3 });
  expect(small).toMatchObject({ width: 3, height: 3 });
  const [large] = resize([item("a", 6)], 0, { width: 40, height: 99 });
  expect(large).toMatchObject({ width: 12, height: 20 });
});
