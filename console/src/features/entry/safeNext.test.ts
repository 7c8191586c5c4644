import { expect, test } from "vitest";
import { safeNext } from "./useSignIn";

test("after the sign-in only addresses of this console are opened", () => {
  expect(safeNext("/sources?open=1")).toBe("/sources?open=1");
  for (const elsewhere of [undefined, "https://a.example", "//a.example", "/\\a.example", "x"]) {
    expect(safeNext(elsewhere)).toBe("/");
  }
});
