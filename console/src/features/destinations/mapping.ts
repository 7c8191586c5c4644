// Fields of a mapping as text that people type: `{{properties.plan}}` and `$.properties.plan` stand
// for directives, JSON for anything else.

const PATH = /^\$\.[^\s{}]*$/;

/** How a value of a mapping is shown in its field. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return /^\s*[[{"]/.test(value) || PATH.test(value) ? JSON.stringify(value) : value;
  if (typeof value === "object" && !Array.isArray(value)) {
    const [key, ...more] = Object.keys(value);
    const argument = key === undefined ? undefined : (value as Record<string, unknown>)[key];
    if (more.length === 0 && typeof argument === "string") {
      if (key === "@path" && PATH.test(argument)) return argument;
      if (key === "@template" && argument.includes("{{")) return argument;
    }
  }
  return JSON.stringify(value, null, 2);
}

export type Read = { value: unknown } | { problem: string };

/** What a typed text means; an empty one leaves the field out. */
export function valueOf(text: string, type: string): Read {
  const trimmed = text.trim();
  if (trimmed === "") return { value: undefined };
  if (PATH.test(trimmed)) return { value: { "@path": trimmed } };
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
