// Places on a dashboard's grid of twelve columns. Items flow from left to right in their order; what
// is stored are the places that come of it.

import type { DashboardItem } from "../../api/queries/dashboards";

export const COLUMNS = 12;

/** Sizes that an item may have: columns and rows. */
export const SIZES = [
  { key: "small", label: "Small", width: 4, height: 4 },
  { key: "half", label: "Half width", width: 6, height: 5 },
  { key: "wide", label: "Wide", width: 8, height: 5 },
  { key: "full", label: "Full width", width: 12, height: 6 },
] as const;

export type SizeKey = (typeof SIZES)[number]["key"];

export interface Size {
  width: number;
  height: number;
}

/** Less shows nothing of a chart; a text may be one line. */
const LEAST = { insight: { width: 3, height: 3 }, text: { width: 2, height: 1 } } as const;
const ROWS_MAX = 20;

export function sizeOf(item: DashboardItem): SizeKey | undefined {
  return SIZES.find((size) => size.width === item.width && size.height === item.height)?.key;
}

/** Tells items apart while their order may change. */
export function keyOf(item: DashboardItem, index: number): string {
  return item.insightId ?? `text ${index} ${item.text ?? ""}`;
}

/** The items in their order, each at the first place right of or below the one before. */
export function flow(items: readonly DashboardItem[]): DashboardItem[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return items.map((item) => {
    const width = Math.min(item.width, COLUMNS);
    if (x + width > COLUMNS) {
      y += rowHeight;
      x = 0;
      rowHeight = 0;
    }
    const placed = { ...item, width, x, y };
    x += width;
    rowHeight = Math.max(rowHeight, item.height);
    return placed;
  });
}

/** Takes the item at `from` to the place that `to` has now. */
export function move(items: readonly DashboardItem[], from: number, to: number): DashboardItem[] {
  const list = [...items];
  const [taken] = list.splice(from, 1);
  if (taken) list.splice(to, 0, taken);
  return flow(list);
}

/** With the item at `index` of this size, as far as it may have it. */
export function resize(items: readonly DashboardItem[], index: number, size: Size): DashboardItem[] {
  return flow(items.map((item, at) => (at === index ? { ...item, ...fitSize(item, size) } : item)));
}

function fitSize(item: DashboardItem, size: Size): Size {
  const least = LEAST[item.insightId ? "insight" : "text"];
  const within = (value: number, low: number, high: number) => Math.min(high, Math.max(low, Math.round(value)));
  return { width: within(size.width, least.width, COLUMNS), height: within(size.height, least.height, ROWS_MAX) };
}

export function add(items: readonly DashboardItem[], insightId: string): DashboardItem[] {
  return flow([...items, { insightId, x: 0, y: 0, width: 6, height: 5 }]);
}

export function addText(items: readonly DashboardItem[], text: string): DashboardItem[] {
  return flow([...items, { text, x: 0, y: 0, width: 12, height: 1 }]);
}

export function rewrite(items: readonly DashboardItem[], index: number, text: string): DashboardItem[] {
  return items.map((item, at) => (at === index ? { ...item, text } : item));
}

export function remove(items: readonly DashboardItem[], index: number): DashboardItem[] {
  return flow(items.filter((_, at) => at !== index));
}
