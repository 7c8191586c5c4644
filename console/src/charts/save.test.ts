import { expect, test } from "vitest";
import { csv } from "./save";

test("cells are quoted where they must be and gaps stay empty", () => {
  expect(csv([["a,b", 'say "x"', null, 1.5], ["line\nbreak", "plain", 0, -2]])).toBe(
    '"a,b","say ""x""",,1.5\r\n"line\nbreak",plain,0,-2\r\n',
  );
});

test("a text that a spreadsheet would run stays a text", () => {
  expect(csv([["=HYPERLINK(1)", "+1", "@x", "-y"]])).toBe("'=HYPERLINK(1),'+1,'@x,'-y\r\n");
});
