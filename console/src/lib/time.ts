// Moments as people read them: how long ago, and exactly when in the workspace's time zone.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 d ago`, then the date; the future as `in …`. */
export function formatRelative(at: string | number | Date, now: number, timeZone?: string): string {
  const moment = new Date(at).getTime();
  if (Number.isNaN(moment)) return "unknown";
  const past = now - moment;
  const length = Math.abs(past);
  if (length < 5_000) return "just now";
  const say = (count: number, unit: string) =>
    past > 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
  if (length < MINUTE) return say(Math.floor(length / 1000), "s");
  if (length < HOUR) return say(Math.floor(length / MINUTE), "min");
  if (length < DAY) return say(Math.floor(length / HOUR), "h");
  if (length < 14 * DAY) return say(Math.floor(length / DAY), "d");
  return formatDate(moment, timeZone);
}

/** `22 Nov 2026`. */
export function formatDate(at: string | number | Date, timeZone?: string): string {
  return format(at, { day: "numeric", month: "short", year: "numeric", timeZone });
}

/** `22 Nov 2026, 14:03:07.123 GMT+1`: everything, for hovering and copying. */
export function formatExact(at: string | number | Date, timeZone?: string): string {
  return format(at, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    timeZone,
    timeZoneName: "short",
  });
}

/** `14:03:07`, for rows of one day. */
export function formatClock(at: string | number | Date, timeZone?: string): string {
  return format(at, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone });
}

/** What a clock in a time zone shows: `2026-11-22T14:03`, as date fields take it. */
export function wallClock(at: string | number | Date, timeZone?: string): string {
  const options = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone } as const;
  return new Intl.DateTimeFormat("sv-SE", { hourCycle: "h23", ...options }).format(new Date(at)).replace(" ", "T");
}

/** The moment at which a clock in a time zone shows `2026-11-22T14:03`; nothing if that is no time. */
export function momentOf(wall: string, timeZone?: string): string | undefined {
  const asUtc = Date.parse(`${wall}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const ahead = (at: number) => Date.parse(`${wallClock(at, timeZone)}Z`) - Math.floor(at / 1000) * 1000;
  // The clock may be changed between the first guess and the moment itself.
  return new Date(asUtc - ahead(asUtc - ahead(asUtc))).toISOString();
}

function format(at: string | number | Date, options: Intl.DateTimeFormatOptions): string {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "unknown";
  return formatter(options).format(moment);
}

/** To make one takes longer than to draw a row; there are few kinds. */
const made = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  const known = made.get(key);
  if (known) return known;
  const fresh = new Intl.DateTimeFormat("en-GB", { hourCycle: "h23", ...options });
  made.set(key, fresh);
  return fresh;
}

/** The time zones that this browser knows, for pickers. */
export function timeZones(): string[] {
  const zones = Intl.supportedValuesOf("timeZone");
  return zones.includes("UTC") ? zones : ["UTC", ...zones];
}

export function localTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** `22 Nov 2026` of `2026-11-22`. */
export function dateWords(date: string): string {
  const at = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return date;
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(at);
}
