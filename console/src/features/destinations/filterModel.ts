// A filter as the form holds it: one action, its keys as lines of text.

import type { Filter, FilterAction, NewFilter } from "../../api/queries/filters";

export interface Draft {
  title: string;
  condition: string;
  type: FilterAction["type"];
  percent: number;
  path: string;
  /** A key per line, with the path of its object: `properties.card`. */
  keys: string;
}

export const ACTIONS: { value: FilterAction["type"]; label: string }[] = [
  { value: "DROP", label: "Drop the event" },
  { value: "SAMPLE", label: "Send only a sample" },
  { value: "DROP_PROPERTIES", label: "Drop properties" },
  { value: "ALLOW_PROPERTIES", label: "Allow only these properties" },
];

export const EMPTY: Draft = { title: "", condition: "", type: "DROP", percent: 10, path: "", keys: "" };

/** Undefined for a filter with several actions, which the form cannot hold. */
export function draftOf(filter: Filter): Draft | undefined {
  const [action, ...others] = filter.actions;
  if (action === undefined || others.length > 0) return undefined;
  const draft = { ...EMPTY, title: filter.title, condition: filter.if, type: action.type };
  if (action.type === "SAMPLE") {
    return { ...draft, percent: round(action.percent * 100), path: action.path ?? "" };
  }
  return "fields" in action ? { ...draft, keys: linesOf(action.fields).join("\n") } : draft;
}

export function actionOf(draft: Draft): FilterAction {
  switch (draft.type) {
    case "DROP":
      return { type: "DROP" };
    case "SAMPLE": {
      const path = draft.path.trim();
      return { type: "SAMPLE", percent: draft.percent / 100, ...(path ? { path } : {}) };
    }
    default:
      return { type: draft.type, fields: fieldsOf(draft.keys) };
  }
}

/** The body to send; a filter that is changed keeps what the form does not show. */
export function bodyOf(draft: Draft): Pick<NewFilter, "title" | "if" | "actions"> {
  return { title: draft.title.trim(), if: draft.condition, actions: [actionOf(draft)] };
}

function linesOf(fields: Record<string, string[]>): string[] {
  return Object.entries(fields).flatMap(([parent, keys]) =>
    keys.map((key) => (parent === "" ? key : `${parent}.${key}`)),
  );
}

function fieldsOf(lines: string): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const line of lines.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const at = line.lastIndexOf(".");
    const parent = at < 0 ? "" : line.slice(0, at);
    (fields[parent] ??= []).push(line.slice(at + 1));
  }
  return fields;
}

function round(number: number): number {
  return Math.round(number * 1e6) / 1e6;
}

/** An action in words. */
export function actionInWords(action: FilterAction): string {
  switch (action.type) {
    case "DROP":
      return "not sent";
    case "SAMPLE":
      return `${round(action.percent * 100)} % sent${action.path ? `, by ${action.path}` : ""}`;
    case "DROP_PROPERTIES":
      return `without ${linesOf(action.fields).join(", ")}`;
    case "ALLOW_PROPERTIES":
      return `only with ${linesOf(action.fields).join(", ")}`;
  }
}

/** The line of a text that a mistake is in, cut into before, wrong and after. */
export function mistakeIn(text: string, error: { line: number; column: number; length: number }): [string, string, string] {
  const letters = [...(text.split("\n")[error.line - 1] ?? "")];
  const start = error.column - 1;
  const wrong = letters.slice(start, start + error.length).join("");
  return [letters.slice(0, start).join(""), wrong || " ", letters.slice(start + error.length).join("")];
}
