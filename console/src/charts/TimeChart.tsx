// Numbers over time as lines, areas or bars. Knows data only: who asked for what is not its matter.

import { useEffect, useMemo, useRef } from "react";
import classes from "./charts.module.css";
import type { EChartsType } from "./echarts";
import { useChartTheme } from "./theme";
import { bucketAt, nearest, timeOption } from "./timeOption";
import { useChart } from "./useChart";

export interface TimeBucket {
  /** On the axis. */
  short: string;
  /** On hover. */
  long: string;
  /** Cut off by the range, or not over yet: drawn dashed. */
  partial: boolean;
  /** What somebody noted here, such as a release: a line with its words. */
  notes?: readonly string[] | undefined;
}

export interface TimeSeries {
  key: string;
  name: string;
  /** Slot of the palette. */
  slot: number;
  /** One per bucket; a gap where null. */
  values: (number | null)[];
  /** The same of the period before: a thin dashed line. */
  past?: (number | null)[] | undefined;
  /** In bars: on top of the others, below the axis where negative. */
  stacked?: boolean;
}

export interface TimeChartProps {
  buckets: readonly TimeBucket[];
  series: readonly TimeSeries[];
  /** Stacked: bars on top of each other. */
  as: "line" | "area" | "bar" | "stacked";
  /** An exact number on hover. */
  format: (value: number) => string;
  /** A short one for the axis. */
  formatAxis: (value: number) => string;
  /** The values are parts of one, and the axis ends there if they come near. */
  parts?: boolean;
  height: number;
  /** Without axes, for a card. */
  compact?: boolean;
  onPick?: ((series: TimeSeries, bucket: number) => void) | undefined;
  /** Several buckets were marked by dragging. */
  onZoom?: ((from: number, to: number) => void) | undefined;
}

/** Movement in pixels from which on a press is a drag. */
const DRAG = 6;

export function TimeChart(props: TimeChartProps) {
  const { buckets, series, as, format, formatAxis, parts = false, compact = false, height, onPick, onZoom } = props;
  const theme = useChartTheme();
  const option = useMemo(
    () => timeOption({ buckets, series, as, format, formatAxis, parts, compact }, theme),
    [buckets, series, as, format, formatAxis, parts, compact, theme],
  );
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const mark = useRef<HTMLDivElement>(null);
  const { element, state } = useChart(option, (chart) => watchPointer(chart, mark, latest));
  const cursor = onPick ? "pointer" : onZoom ? "crosshair" : "default";
  return (
    <div className={classes.canvas} style={{ height, cursor }} aria-hidden>
      <div ref={element} className={classes.fill} data-chart data-drawn={state === "drawn" || undefined} />
      <div ref={mark} className={classes.mark} />
      {state === "loading" ? <Frame compact={compact} /> : null}
      {state === "failed" ? (
        <div className={classes.failed}>
          The drawing could not be loaded; the numbers are complete. Load the page again to see it.
        </div>
      ) : null}
    </div>
  );
}

/** Where the drawing will stand, until it can be made. */
function Frame({ compact }: { compact: boolean }) {
  return (
    <div className={classes.frame} data-compact={compact || undefined}>
      {compact ? null : [0, 1, 2, 3].map((line) => <span key={line} />)}
    </div>
  );
}

interface At {
  offsetX: number;
  offsetY: number;
}

function watchPointer(
  chart: EChartsType,
  mark: { current: HTMLDivElement | null },
  latest: { current: TimeChartProps },
): void {
  const zr = chart.getZr();
  let start: { x: number; bucket: number } | undefined;
  const show = (from: number, to: number) => {
    if (!mark.current) return;
    mark.current.style.display = from === to ? "none" : "block";
    mark.current.style.left = `${Math.min(from, to)}px`;
    mark.current.style.width = `${Math.abs(to - from)}px`;
  };
  zr.on("mousedown", ({ offsetX, offsetY }: At) => {
    const bucket = bucketAt(chart, offsetX, offsetY, latest.current.buckets.length);
    start = bucket === undefined ? undefined : { x: offsetX, bucket };
  });
  zr.on("mousemove", ({ offsetX }: At) => {
    const drags = start && latest.current.onZoom && Math.abs(offsetX - start.x) >= DRAG;
    if (start && drags) show(start.x, offsetX);
  });
  zr.on("mouseup", ({ offsetX, offsetY }: At) => {
    const from = start;
    start = undefined;
    show(0, 0);
    const { onPick, onZoom, series, buckets, as } = latest.current;
    const to = bucketAt(chart, offsetX, offsetY, buckets.length);
    if (!from || to === undefined) return;
    if (Math.abs(offsetX - from.x) >= DRAG) {
      if (to !== from.bucket) onZoom?.(Math.min(from.bucket, to), Math.max(from.bucket, to));
      return;
    }
    const near = nearest(chart, series, to, offsetY, as === "stacked");
    if (near) onPick?.(near, to);
  });
}
