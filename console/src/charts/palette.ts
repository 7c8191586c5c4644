// Eight colours that stay apart for colour-blind eyes, in light and in dark, and who gets which.

const LIGHT = ["#2b6bd8", "#d9730d", "#0f8f83", "#b5408f", "#7a8a12", "#7b53c9", "#c23b3b", "#4a6073"];
const DARK = ["#6ea2f5", "#f0964a", "#3fc0b2", "#e07bbf", "#b3c245", "#a98bea", "#f07b74", "#93a9bb"];

export const COLOURS = LIGHT.length;

export function colour(slot: number, dark: boolean): string {
  return (dark ? DARK : LIGHT)[slot % COLOURS] ?? "#888888";
}

/** A small stable hash (FNV-1a). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value ^= text.charCodeAt(index);
    value = Math.imul(value, 0x01000193) >>> 0;
  }
  return value;
}

/**
 * A slot of the palette for each key. A key keeps its slot when other keys come or go, except where
 * two want the same one: then the one that is first by alphabet has it.
 */
export function slots(keys: readonly string[]): Map<string, number> {
  const taken = new Set<number>();
  const given = new Map<string, number>();
  for (const key of [...keys].sort()) {
    let slot = hash(key) % COLOURS;
    if (taken.size < COLOURS) while (taken.has(slot)) slot = (slot + 1) % COLOURS;
    taken.add(slot);
    given.set(key, slot);
  }
  return given;
}
