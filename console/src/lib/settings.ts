// Settings of a destination as its schema describes them, and as a form holds them.

export type SettingValue = string | number | boolean | string[] | Record<string, string>;

interface Common {
  key: string;
  label: string;
  description: string;
  /** The heading under which the field stands; absent for the first, unnamed part. */
  section?: string;
  required: boolean;
  secret: boolean;
  default?: SettingValue;
}

export type SettingField = Common &
  (
    | { type: "text" | "url" | "boolean" | "text_list" | "text_map" }
    | { type: "integer"; min: number; max: number }
    | { type: "choice"; choices: string[] }
  );

export type Settings = Record<string, unknown>;
/** As the API's types have an object without known keys. */
export type SentSettings = Record<string, never>;

const CONNECTION_MODE = "connectionMode";
const DEVICE_SECTION = "Device mode";

/** Whether pages and apps send by themselves with these settings. */
export function isDeviceMode(settings: Settings): boolean {
  return settings[CONNECTION_MODE] === "device";
}

/** The fields that mean something with these settings. */
export function shownFields(fields: readonly SettingField[], settings: Settings): SettingField[] {
  return fields.filter((field) => field.section !== DEVICE_SECTION || isDeviceMode(settings));
}

/** Fields by heading, in the order of the schema. */
export function bySection(fields: readonly SettingField[]): [string, SettingField[]][] {
  const sections = new Map<string, SettingField[]>();
  for (const field of fields) {
    const name = field.section ?? "";
    sections.set(name, [...(sections.get(name) ?? []), field]);
  }
  return [...sections];
}

/** What to send: only what differs from what the server knows; what was emptied is removed by null. */
export function changedSettings(
  fields: readonly SettingField[],
  known: Settings,
  edited: Settings,
): Settings {
  const changes: Settings = {};
  for (const { key } of fields) {
    if (!(key in edited)) continue;
    const value = isBlank(edited[key]) ? null : edited[key];
    const before = known[key] ?? null;
    if (JSON.stringify(value) !== JSON.stringify(before)) changes[key] = value;
  }
  return changes;
}

/** Problems that are plain before anything is sent; the server checks everything again. */
export function missingSettings(
  fields: readonly SettingField[],
  settings: Settings,
): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const empty = isBlank(settings[field.key]) && field.default === undefined;
    if (field.required && empty) problems[field.key] = `${field.label} is needed.`;
  }
  return problems;
}

/** `settings.headers.Accept` names the field `headers`. */
export function problemsByKey(byField: Record<string, string>): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const [path, message] of Object.entries(byField)) {
    const key = path.replace(/^settings\./, "").split(".")[0] ?? path;
    problems[key] ??= message;
  }
  return problems;
}

function isBlank(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}
