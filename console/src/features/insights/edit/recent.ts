// What was chosen lately in this browser, for the order of pickers. Of no consequence if it is lost.

const KEPT = 8;

export function recent(what: string): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key(what)) ?? "[]");
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function remember(what: string, value: string): void {
  try {
    const list = [value, ...recent(what).filter((one) => one !== value)].slice(0, KEPT);
    localStorage.setItem(key(what), JSON.stringify(list));
  } catch {
    // A browser without storage orders by count alone.
  }
}

function key(what: string): string {
  return `sluice.recent.${what}`;
}
