import { expect, test } from "vitest";
import {
  bySection,
  changedSettings,
  missingSettings,
  problemsByKey,
  shownFields,
  type SettingField,
} from "./settings";

const field = (key: string, more: Partial<SettingField> = {}): SettingField =>
  ({ key, label: key, description: "", type: "text", required: false, secret: false, ...more }) as SettingField;

test("fields stand under their headings in the order of the schema", () => {
  const fields = [field("a"), field("b", { section: "Delivery" }), field("c")];
  expect(bySection(fields).map(([name, list]) => [name, list.map((one) => one.key)])).toEqual([
    ["", ["a", "c"]],
    ["Delivery", ["b"]],
  ]);
});

test("what only devices read is shown in device mode", () => {
  const fields = [field("a"), field("b", { section: "Device mode" })];
  const keys = (settings: Record<string, unknown>) => shownFields(fields, settings).map((one) => one.key);
  expect(keys({})).toEqual(["a"]);
  expect(keys({ connectionMode: "cloud" })).toEqual(["a"]);
  expect(keys({ connectionMode: "device" })).toEqual(["a", "b"]);
});

test("only what changed is sent, and what was emptied is removed", () => {
  const fields = [field("url"), field("key"), field("headers", { type: "text_map" }), field("n")];
  const known = { url: "http://a", key: "••••1234", headers: { A: "1" }, n: 3 };
  const edited = { url: "http://b", key: "••••1234", headers: {}, n: 3 };
  expect(changedSettings(fields, known, edited)).toEqual({ url: "http://b", headers: null });
});

test("a needed field without a value or default is named", () => {
  const fields = [field("url", { required: true }), field("method", { required: true, default: "POST" })];
  expect(missingSettings(fields, {})).toEqual({ url: "url is needed." });
  expect(missingSettings(fields, { url: "http://a" })).toEqual({});
});

test("the server's problems find their fields", () => {
  expect(problemsByKey({ "settings.headers.Accept": "no", name: "taken" })).toEqual({
    headers: "no",
    name: "taken",
  });
});
