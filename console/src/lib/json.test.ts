import { expect, test } from "vitest";
import { jsonPieces, parseExact } from "./json";

const shown = (source: string) =>
  jsonPieces(source)
    .map((piece) => piece.text)
    .join("");

test("large numbers keep their digits and keys their order", () => {
  const source = '{"z":12345678901234567890,"a":[1,{"b":null}],"e":{},"l":[]}';
  expect(shown(source)).toBe(
    '{\n  "z": 12345678901234567890,\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ],\n  "e": {},\n  "l": []\n}',
  );
});

test("keys, texts, numbers and words are told apart", () => {
  const kinds = jsonPieces('{"a":"b: 1","n":-1.5e3,"t":true}')
    .filter((piece) => piece.kind !== "mark")
    .map((piece) => `${piece.kind} ${piece.text}`);
  expect(kinds).toEqual(['key "a"', 'string "b: 1"', 'key "n"', "number -1.5e3", 'key "t"', "word true"]);
});

test("text that is no JSON is shown as it is", () => {
  expect(shown("<html>no</html>")).toBe("<html>no</html>");
});

test("what is parsed exactly prints as it was sent where the engine can", () => {
  const text = '{"id":12345678901234567890,"price":1.10,"n":3}';
  const canKeep = "rawJSON" in JSON;
  const printed = JSON.stringify(parseExact(text));
  expect(printed).toBe(canKeep ? text : JSON.stringify(JSON.parse(text)));
});
