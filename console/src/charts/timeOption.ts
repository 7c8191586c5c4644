// What ECharts is told to draw for numbers over time, and where a pointer is in it.

import type { EChartsOption, EChartsType, LineSeriesOption, BarSeriesOption } from "./echarts";
import { colour } from "./palette";
import type { ChartTheme } from "./theme";
import type { TimeBucket, TimeChartProps, TimeSeries } from "./TimeChart";

type Asked = Pick<TimeChartProps, "buckets" | "series" | "as" | "format" | "formatAxis"> & {
  parts: boolean;
  compact: boolean;
};

/** Rows of the list on hover. */
const HOVER_ROWS = 16;

/** From this part of one on an axis of parts shows all. */
const NEAR_ALL = 0.75;

/** A count has no ticks between its numbers. */
const isWhole = (value: number | null | undefined) => value == null || Number.isInteger(value);

export function timeOption(asked: Asked, theme: ChartTheme): EChartsOption {
  const { buckets, series, compact } = asked;
  const label = { color: theme.muted, fontSize: 11 };
  const showsAll = asked.parts && series.some((one) => one.values.some((value) => (value ?? 0) > NEAR_ALL));
  const every = Math.max(1, Math.ceil(buckets.length / 6));
  return {
    animation: false,
    textStyle: { fontFamily: "inherit" },
    grid: compact
      ? { left: 2, right: 2, top: 6, bottom: 2 }
      : { left: 4, right: 14, top: hasNotes(asked) ? 14 + NOTES_HEIGHT : 14, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      show: !compact,
      data: buckets.map((bucket) => bucket.short),
      boundaryGap: isBar(asked.as),
      axisLine: { lineStyle: { color: theme.lineStrong } },
      axisTick: { show: false },
      axisLabel: { ...label, interval: (index: number) => index % every === 0, hideOverlap: true },
    },
    yAxis: {
      type: "value",
      show: !compact,
      ...(series.some((one) => one.values.some((value) => (value ?? 0) < 0)) ? {} : { min: 0 }),
      ...(showsAll ? { max: 1, interval: 0.25 } : {}),
      minInterval: series.every((one) => one.values.every(isWhole)) ? 1 : 0,
      splitNumber: 4,
      splitLine: { lineStyle: { color: theme.line } },
      axisLabel: { ...label, formatter: (value: number) => asked.formatAxis(value) },
    },
    tooltip: compact ? { show: false } : tooltip(asked, theme),
    series: [...series.flatMap((one) => [...drawn(one, asked, theme), ...past(one, theme)]), ...notes(asked, theme)],
  };
}

/** Room above the plot for what was noted. */
const NOTES_HEIGHT = 18;
const NOTE_CHARS = 18;

const hasNotes = (asked: Asked) => !asked.compact && asked.buckets.some((bucket) => bucket.notes?.length);

/** Lines with words where something was noted; words that would cover those before them are left to the hover. */
function notes(asked: Asked, theme: ChartTheme): LineSeriesOption[] {
  if (!hasNotes(asked)) return [];
  const takes = Math.ceil(asked.buckets.length / 6);
  let free = 0;
  const data = asked.buckets.flatMap(({ notes = [] }, index) => {
    if (notes.length === 0) return [];
    const words = notes.join(", ");
    const fits = index >= free;
    if (fits) free = index + takes;
    const shown = words.length > NOTE_CHARS ? `${words.slice(0, NOTE_CHARS - 1)}…` : words;
    return [{ xAxis: index, label: { formatter: fits ? shown : "·", ...(index > asked.buckets.length - takes ? { align: "right" as const } : {}) } }];
  });
  return [
    {
      type: "line",
      id: "\u0000notes",
      data: [],
      silent: true,
      markLine: {
        silent: true,
        symbol: "none",
        lineStyle: { color: theme.muted, width: 1, type: [3, 3] },
        label: { position: "end", distance: 3, align: "left", color: theme.muted, fontSize: 11 },
        data,
      },
    },
  ];
}

const isBar = (as: Asked["as"]) => as === "bar" || as === "stacked";

/** A line in two pieces: whole buckets, and dashed what touches one that is not. */
function drawn(one: TimeSeries, asked: Asked, theme: ChartTheme): (LineSeriesOption | BarSeriesOption)[] {
  const tint = colour(one.slot, theme.dark);
  const { buckets, compact } = asked;
  if (isBar(asked.as)) {
    const data = one.values.map((value, index) =>
      buckets[index]?.partial && value !== null
        ? { value, itemStyle: { color: `${tint}55`, borderColor: tint, borderType: "dashed" as const } }
        : value,
    );
    const stack = one.stacked ? { stack: "all", stackStrategy: "samesign" as const } : {};
    return [
      {
        type: "bar",
        id: one.key,
        name: one.name,
        data,
        itemStyle: { color: tint, borderRadius: asked.as === "stacked" || one.stacked ? 0 : [2, 2, 0, 0] },
        ...(asked.as === "stacked" ? { stack: "all" } : stack),
        barMaxWidth: 36,
        barGap: "10%",
      },
    ];
  }
  const isDashed = (index: number) => buckets[index]?.partial === true;
  const solid = one.values.map((value, index) => (isDashed(index) ? null : value));
  const dashed = one.values.map((value, index) =>
    isDashed(index) || isDashed(index - 1) || isDashed(index + 1) ? value : null,
  );
  const base: LineSeriesOption = {
    type: "line",
    name: one.name,
    symbol: "circle",
    symbolSize: 5,
    showSymbol: !compact && buckets.length === 1,
    itemStyle: { color: tint },
    connectNulls: false,
    z: 3,
  };
  const area = asked.as === "area" ? { areaStyle: { color: tint, opacity: 0.08 } } : {};
  const width = compact ? 1.5 : 2;
  return [
    { ...base, ...area, id: one.key, data: solid, lineStyle: { color: tint, width } },
    {
      ...base,
      ...area,
      id: `${one.key}\u0000dashed`,
      data: dashed,
      lineStyle: { color: tint, width, type: [4, 4] },
    },
  ];
}

function past(one: TimeSeries, theme: ChartTheme): LineSeriesOption[] {
  if (!one.past) return [];
  const tint = colour(one.slot, theme.dark);
  return [
    {
      type: "line",
      id: `${one.key}\u0000past`,
      name: one.name,
      data: one.past,
      showSymbol: false,
      silent: true,
      z: 2,
      lineStyle: { color: tint, width: 1.25, type: [2, 3], opacity: 0.7 },
    },
  ];
}

function tooltip(asked: Asked, theme: ChartTheme): EChartsOption["tooltip"] {
  return {
    trigger: "axis",
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.surface,
    borderColor: theme.lineStrong,
    borderWidth: 1,
    padding: [8, 10],
    textStyle: { color: theme.text, fontSize: 12 },
    extraCssText: "box-shadow:none;border-radius:8px",
    axisPointer: { type: "line", lineStyle: { color: theme.lineStrong, type: "solid" } },
    formatter: (at) => {
      const index = (Array.isArray(at) ? at[0] : at)?.dataIndex ?? 0;
      const bucket = asked.buckets[index];
      return bucket ? hoverHtml(bucket, index, asked, theme) : "";
    },
  };
}

/** All series at one moment, the largest first. */
function hoverHtml(bucket: TimeBucket, index: number, asked: Asked, theme: ChartTheme): string {
  const rows = asked.series
    .map((one) => ({ one, value: one.values[index] ?? null, before: one.past?.[index] ?? null }))
    .sort((a, b) => (b.value ?? -1) - (a.value ?? -1));
  const cell = (value: number | null) => (value === null ? "no value" : asked.format(value));
  const lines = rows.slice(0, HOVER_ROWS).map(({ one, value, before }) => {
    const dot = `<span style="display:inline-block;width:8px;height:8px;border-radius:2px;background:${colour(one.slot, theme.dark)};margin-right:6px"></span>`;
    const was = one.past ? `<td style="text-align:right;padding-left:12px;color:${theme.muted}">${escapeHtml(cell(before))}</td>` : "";
    return `<tr><td style="padding-right:16px;max-width:260px;overflow:hidden;text-overflow:ellipsis">${dot}${escapeHtml(one.name)}</td><td style="text-align:right;font-weight:600">${escapeHtml(cell(value))}</td>${was}</tr>`;
  });
  const left = rows.length - lines.length;
  const more = left > 0 ? `<div style="color:${theme.muted}">and ${left} more</div>` : "";
  const note = bucket.partial ? ` <span style="color:${theme.muted}">not complete</span>` : "";
  const noted = (bucket.notes ?? []).map((words) => `<div style="max-width:320px;margin:0 0 4px;padding-left:6px;border-left:2px solid ${theme.muted};white-space:normal">${escapeHtml(words)}</div>`).join("");
  return `<div style="font-weight:600;margin-bottom:4px">${escapeHtml(bucket.long)}${note}</div>${noted}<table style="border-spacing:0;font-variant-numeric:tabular-nums">${lines.join("")}</table>${more}`;
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (sign) => names[sign] ?? sign);
}

/** Which bucket lies under a pixel, if it is in the plot. */
export function bucketAt(chart: EChartsType, x: number, y: number, count: number): number | undefined {
  if (!chart.containPixel("grid", [x, y])) return undefined;
  const [index] = chart.convertFromPixel("grid", [x, y]) as number[];
  return index !== undefined && index >= 0 && index < count ? Math.round(index) : undefined;
}

/** The series whose point of the bucket is closest to a height; of a stack, the one it lies in. */
export function nearest(
  chart: EChartsType,
  series: readonly TimeSeries[],
  bucket: number,
  y: number,
  isStacked = false,
): TimeSeries | undefined {
  const height = (value: number) => (chart.convertToPixel("grid", [bucket, value]) as number[])[1] ?? 0;
  if (isStacked) {
    let sum = 0;
    return series.find((one) => {
      sum += one.values[bucket] ?? 0;
      return (one.values[bucket] ?? 0) > 0 && y >= height(sum);
    });
  }
  const heights = middles(series, bucket);
  const far = (one: TimeSeries) => {
    const value = heights.get(one.key);
    if (value === undefined) return Number.POSITIVE_INFINITY;
    return Math.abs(height(value) - y);
  };
  return [...series].sort((a, b) => far(a) - far(b)).find((one) => Number.isFinite(far(one)));
}

/** Where each series' point of a bucket is: a stacked one has its middle above or below the others. */
export function middles(series: readonly TimeSeries[], bucket: number): Map<string, number> {
  const heights = new Map<string, number>();
  let [above, below] = [0, 0];
  for (const one of series) {
    const value = one.values[bucket];
    if (value === null || value === undefined || (one.stacked && value === 0)) continue;
    if (!one.stacked) {
      heights.set(one.key, value);
    } else if (value > 0) {
      heights.set(one.key, above + value / 2);
      above += value;
    } else {
      heights.set(one.key, below + value / 2);
      below += value;
    }
  }
  return heights;
}
