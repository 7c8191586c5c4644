import { describe, expect, it } from "vitest";
import { textOf, valueOf } from "./mapping";

describe("a field of a mapping", () => {
  const values: [unknown, string, string][] = [
    [{ "@path": "$.userId" }, "$.userId", "string"],
    [{ "@template": "Viewed {{name}}" }, "Viewed {{name}}", "string"],
    ["plain words", "plain words", "string"],
    ["$.not a path", "$.not a path", "string"],
    ["$.literal", '"$.literal"', "string"],
    ['{"a":1}', '"{\\"a\\":1}"', "string"],
    [true, "true", "boolean"],
    [12.5, "12.5", "number"],
    [{ "@if": { exists: { "@path": "$.a" }, then: 1 } }, '{\n  "@if": {\n    "exists": {\n      "@path": "$.a"\n    },\n    "then": 1\n  }\n}', "string"],
    [[1, 2], "[\n  1,\n  2\n]", "string"],
  ];
  it.each(values)("%j is shown as text and read back", (value, text, type) => {
    expect(textOf(value)).toBe(text);
    expect(valueOf(text, type)).toEqual({ value });
  });

  it("is left out when nothing is typed, and JSON that does not read is said", () => {
    expect(valueOf("  ", "string")).toEqual({ value: undefined });
    expect(valueOf("{ 1", "object")).toEqual({ problem: "This does not read as JSON" });
  });
});
