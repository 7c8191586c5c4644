// Fields of a mapping as people type them: `{{properties.plan}}`, `$.properties.plan` and
// `$.traits.plan ?? $.properties.plan` (the first that exists) stand for directives, JSON for anything
// else; an object has a row for each of its own fields.

import type { ActionField, Mapping } from "../../api/queries/subscriptions";

const PATH = /^\$\.[^\s{}]*$/;

/** How a value of a mapping is shown in its field. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return /^\s*[[{"]/.test(value) || pathsIn(value) ? JSON.stringify(value) : value;
  if (typeof value === "object" && !Array.isArray(value)) {
    const [key, ...more] = Object.keys(value);
    const argument = key === undefined ? undefined : (value as Record<string, unknown>)[key];
    if (more.length === 0 && typeof argument === "string") {
      if (key === "@path" && PATH.test(argument)) return argument;
      if (key === "@template" && argument.includes("{{")) return argument;
    }
    const paths = alternatives(value);
    if (paths !== undefined) return paths.join(" ?? ");
  }
  return JSON.stringify(value, null, 2);
}

/** The first path that exists, which presets say in four directives: `$.a ?? $.b`. */
function alternatives(value: unknown): string[] | undefined {
  const only = (object: unknown, name: string) =>
    isRecord(object) && Object.keys(object).length === 1 ? object[name] : undefined;
  const path = only(value, "@path");
  if (typeof path === "string" && PATH.test(path)) return [path];
  const condition = only(value, "@if");
  if (!isRecord(condition) || Object.keys(condition).sort().join() !== "else,exists,then") return undefined;
  const [first, same] = [only(condition["exists"], "@path"), only(condition["then"], "@path")];
  const others = alternatives(condition["else"]);
  if (typeof first !== "string" || first !== same || !PATH.test(first) || others === undefined) return undefined;
  return [first, ...others];
}

function pathsIn(text: string): string[] | undefined {
  const paths = text.split(/\s+\?\?\s+/);
  return paths.every((path) => PATH.test(path)) ? paths : undefined;
}

function asDirective([first, ...others]: string[]): unknown {
  const path = { "@path": first };
  return others.length === 0 ? path : { "@if": { exists: path, then: path, else: asDirective(others) } };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export type Read = { value: unknown } | { problem: string };

/** What a typed text means; an empty one leaves the field out. */
export function valueOf(text: string, type: string): Read {
  const trimmed = text.trim();
  if (trimmed === "") return { value: undefined };
  const paths = pathsIn(trimmed);
  if (paths) return { value: asDirective(paths) };
  if (/^[[{"]/.test(trimmed) && !trimmed.startsWith("{{")) {
    try {
      return { value: JSON.parse(trimmed) as unknown };
    } catch {
      return { problem: "This does not read as JSON" };
    }
  }
  if (trimmed.includes("{{")) return { value: { "@template": text } };
  if (type === "boolean" && (trimmed === "true" || trimmed === "false")) return { value: trimmed === "true" };
  if ((type === "number" || type === "integer") && !Number.isNaN(Number(trimmed))) return { value: Number(trimmed) };
  return { value: text };
}

/** Whether an event may start a trigger, by the type and the name that the trigger asks for. */
export function likely(trigger: string, event: { type?: string | null; name?: string | null }): boolean {
  const asked = (field: string) =>
    [...trigger.matchAll(new RegExp(`\\b${field}\\s*=\\s*["']([^"']*)["']`, "g"))].map(([, value]) => value);
  const fits = (values: (string | undefined)[], value: string | null | undefined) =>
    values.length === 0 || values.includes(value ?? "");
  return fits(asked("type"), event.type) && fits(asked("event"), event.name);
}

/** A field as it is edited. */
export type Draft = { text: string } | { rows: Row[] };
export type Row = [name: string, text: string];

export function draftOf(value: unknown, field: ActionField): Draft {
  if (field.type !== "object" || field.multiple === true) return { text: textOf(value) };
  if (isFields(value)) return { rows: Object.entries(value).map(([name, one]) => [name, textOf(one)]) };
  return value === undefined ? { rows: [] } : { text: textOf(value) };
}

export function readDraft(draft: Draft, field: ActionField): Read {
  if ("text" in draft) return valueOf(draft.text, field.type);
  const object: Record<string, unknown> = {};
  for (const [name, text] of draft.rows) {
    const type = field.properties?.find((one) => one.key === name)?.type ?? "string";
    const read = valueOf(text, type);
    if ("problem" in read) return { problem: `${name || "A field without a name"}: ${read.problem}` };
    if (name.trim() !== "" && read.value !== undefined) object[name.trim()] = read.value;
  }
  return { value: Object.keys(object).length === 0 ? undefined : object };
}

/** The other way to write the same: an object as one text, or its text as rows if it is an object. */
export function otherWay(draft: Draft, field: ActionField): Draft {
  const read = readDraft(draft, field);
  const value = "value" in read ? read.value : undefined;
  if ("rows" in draft) return { text: textOf(value) };
  return { rows: isFields(value) ? Object.entries(value).map(([name, one]) => [name, textOf(one)]) : [] };
}

/** The mapping with what was edited; fields that do not read keep what they had. */
export function readMapping(fields: ActionField[], saved: Mapping, drafts: Record<string, Draft>) {
  const mapping: Mapping = { ...saved };
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const draft = drafts[field.key];
    if (draft === undefined) continue;
    const read = readDraft(draft, field);
    if ("problem" in read) problems[field.key] = read.problem;
    else if (read.value === undefined) delete mapping[field.key];
    else mapping[field.key] = read.value;
  }
  return { mapping, problems };
}

/** An object of fields, each with a value of its own; not one directive for all of it. */
function isFields(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !Object.keys(value).some((key) => key.startsWith("@"));
}
