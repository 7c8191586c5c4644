// What flows from column to column. Knows data only: who asked for what is not its matter.

import type { EChartsType } from "echarts/core";
import { useEffect, useMemo, useRef, useState } from "react";
import classes from "./charts.module.css";
import { flowOption, flowSize, type FlowColumn, type FlowPick } from "./flowOption";
import { useChartTheme } from "./theme";

interface Props {
  columns: readonly FlowColumn[];
  /** Of the whole: what shares are of. */
  total: number;
  format: (value: number) => string;
  height: number;
  /** Without names, for a card. */
  compact?: boolean;
  /** Becomes as high as its names need; else it scrolls. */
  grows?: boolean;
  onPick?: ((at: FlowPick) => void) | undefined;
}

export function Flow({ columns, total, format, height, compact = false, grows = false, onPick }: Props) {
  const theme = useChartTheme();
  const [width, setWidth] = useState(0);
  const least = useMemo(() => (compact ? { width: 0, height: 0 } : flowSize(columns)), [columns, compact]);
  const option = useMemo(() => flowOption({ columns, total, format, compact, width }, theme), [columns, total, format, compact, width, theme]);
  const element = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType>();
  const [isLost, setLost] = useState(false);
  const latest = useRef(onPick);
  useEffect(() => {
    latest.current = onPick;
  });
  useEffect(() => {
    let made: EChartsType | undefined;
    let size: ResizeObserver | undefined;
    let isOver = false;
    import("./sankey").then(
      ({ init }) => {
        if (isOver || !element.current) return;
        made = init(element.current, undefined, { renderer: "svg" });
        size = new ResizeObserver(([box]) => {
          made?.resize();
          setWidth(Math.round(box?.contentRect.width ?? 0));
        });
        size.observe(element.current);
        made.on("click", (at) => {
          const { pick } = (at.data ?? {}) as { pick?: FlowPick };
          if (pick) latest.current?.(pick);
        });
        setChart(made);
      },
      () => setLost(true),
    );
    return () => {
      isOver = true;
      size?.disconnect();
      made?.dispose();
      setChart(undefined);
    };
  }, []);
  useEffect(() => {
    chart?.setOption(option, { notMerge: true });
  }, [chart, option]);
  if (isLost) return <div style={{ color: "var(--sl-muted)" }}>The drawing could not be loaded. All numbers stand in the table.</div>;
  return (
    <div className={classes.scrolls} style={grows ? undefined : { maxHeight: height }}>
      <div className={classes.canvas} style={{ height: Math.max(height, least.height), minWidth: least.width }} aria-hidden>
        <div ref={element} className={classes.fill} data-chart data-drawn={chart ? true : undefined} />
      </div>
    </div>
  );
}
