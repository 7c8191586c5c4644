// The colours of a heat map. Text stays readable on each of them, on hatching too.

const LIGHT = { ground: [255, 255, 255], full: [43, 107, 216], most: 0.6, stripe: [205, 210, 215], over: 0.45 } as const;
const DARK = { ground: [22, 25, 29], full: [110, 162, 245], most: 0.42, stripe: [154, 162, 171], over: 0.12 } as const;

type Rgb = readonly [number, number, number];

function mix(from: Rgb, to: Rgb, part: number): Rgb {
  const channel = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * part);
  return [channel(0), channel(1), channel(2)];
}

export interface Heat {
  fill: string;
  /** Of the lines that hatch it. */
  stripe: string;
}

/** Of a part of one. Few per cent are told apart too: strength grows as the square root. */
export function heat(part: number, dark: boolean): Heat {
  const { ground, full, most, stripe, over } = dark ? DARK : LIGHT;
  const fill = mix(ground, full, most * Math.sqrt(Math.min(1, Math.max(0, part))));
  const css = (rgb: Rgb) => `rgb(${rgb.join(", ")})`;
  return { fill: css(fill), stripe: css(mix(fill, stripe, over)) };
}
