import { describe, expect, it } from "vitest";
import { draftOf, likely, otherWay, readDraft, readMapping, textOf, valueOf } from "./mapping";

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
    [{ "@if": { exists: { "@path": "$.a" }, then: { "@path": "$.a" }, else: { "@path": "$.b" } } }, "$.a ?? $.b", "string"],
    ["$.a ?? nothing", "$.a ?? nothing", "string"],
    ["$.a ?? $.b", '"$.a ?? $.b"', "string"],
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

describe("an object of a mapping", () => {
  const field = { key: "properties", label: "Properties", type: "object" };
  const value = { plan: { "@path": "$.traits.plan" }, seats: 3, from: "Sluice" };

  it("has a row for each of its fields and is read back", () => {
    const draft = draftOf(value, field);
    expect(draft).toEqual({ rows: [["plan", "$.traits.plan"], ["seats", "3"], ["from", "Sluice"]] });
    const typed = { ...field, properties: [{ key: "seats", label: "Seats", type: "number" }] };
    expect(readDraft(draft, typed)).toEqual({ value });
  });

  it("that is one directive is one text, and the two ways change into each other", () => {
    expect(draftOf({ "@path": "$.properties" }, field)).toEqual({ text: "$.properties" });
    const text = otherWay({ rows: [["a", "1 b"], ["", "left out"]] }, field);
    expect(text).toEqual({ text: '{\n  "a": "1 b"\n}' });
    expect(otherWay(text, field)).toEqual({ rows: [["a", "1 b"]] });
    expect(otherWay({ text: "$.properties" }, field)).toEqual({ rows: [] });
  });

  it("keeps what it had when a row does not read, and goes when nothing is left", () => {
    const wrong = readMapping([field], { properties: value }, { properties: { rows: [["a", "{ 1"]] } });
    expect(wrong.mapping).toEqual({ properties: value });
    expect(wrong.problems).toEqual({ properties: "a: This does not read as JSON" });
    expect(readMapping([field], { properties: value, b: 1 }, { properties: { rows: [] } }).mapping).toEqual({ b: 1 });
  });
});

describe("an event to preview with", () => {
  it.each([
    ['type = "identify"', "identify", null, true],
    ['type = "identify"', "track", "Saved", false],
    ['type = "track" and event = "Saved"', "track", "Saved", true],
    ['event = "Saved" or event = "Opened"', "track", "Opened", true],
    ['type = "track" and event = "Saved"', "track", "Opened", false],
    ["properties.total > 5", "track", "Opened", true],
  ])("%s is likely to be about %s %s: %s", (trigger, type, name, expected) => {
    expect(likely(trigger, { type, name })).toBe(expected);
  });
});
