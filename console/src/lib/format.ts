// Numbers, sizes and durations as people read them. Every page formats through here and `time.ts`.

const NARROW = "\u202f";
const exact = new Intl.NumberFormat("en-US");

/** Every digit, with separators: `12,345`. */
export function formatNumber(value: number): string {
  return exact.format(value);
}

/** At most four characters of digits and a unit, for axes and tight places: `12.3 k`. */
export function formatCompact(value: number): string {
  const size = Math.abs(value);
  if (size < 1000) return trimmed(value, size < 10 && !Number.isInteger(value) ? 2 : size < 100 ? 1 : 0);
  const units = ["k", "M", "G", "T"];
  let scaled = value;
  let unit = -1;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${trimmed(scaled, Math.abs(scaled) < 100 ? 1 : 0)}${NARROW}${units[unit] ?? ""}`;
}

/** A part of one as percent: `12.3%`. Never rounds what is not all to 100% nor something to 0%. */
export function formatPercent(part: number, digits = 1): string {
  const percent = part * 100;
  const text = percent.toFixed(digits);
  if (part < 1 && Number(text) >= 100) return `${(100 - 10 ** -digits).toFixed(digits)}%`;
  if (part > 0 && Number(text) === 0) return `<${(10 ** -digits).toFixed(digits)}%`;
  return `${trimmed(percent, digits)}%`;
}

export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${trimmed(scaled, scaled < 10 && unit > 0 ? 1 : 0)}${NARROW}${units[unit] ?? ""}`;
}

/** A length of time in its two largest units: `340 ms`, `4.2 s`, `3 min 5 s`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return ms <= 0 ? `0${NARROW}ms` : `<1${NARROW}ms`;
  if (ms < 1000) return `${Math.round(ms)}${NARROW}ms`;
  if (ms < 59_950) return `${trimmed(ms / 1000, ms < 9_950 ? 1 : 0)}${NARROW}s`;
  const steps: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  let left = Math.round(ms / 1000);
  const parts: string[] = [];
  for (const [length, unit] of steps) {
    const count = Math.floor(left / length);
    if (parts.length > 0 && count === 0) break;
    if (count > 0) parts.push(`${count}${NARROW}${unit}`);
    left -= count * length;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** `1 event`, `2 events`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** `order_completed` and `orderCompleted` as words: `Order completed`. */
export function inWords(code: string): string {
  const words = code
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
