// What flows from column to column. Knows data only: who asked for what is not its matter.

import type { EChartsType } from "echarts/core";
import { useEffect, useMemo, useRef, useState } from "react";
import classes from "./charts.module.css";
import { flowOption, type FlowColumn, type FlowPick } from "./flowOption";
import { useChartTheme } from "./theme";

interface Props {
  columns: readonly FlowColumn[];
  /** Of the whole: what shares are of. */
  total: number;
  format: (value: number) => string;
  height: number;
  /** Without names, for a card. */
  compact?: boolean;
  onPick?: ((at: FlowPick) => void) | undefined;
}

export function Flow({ columns, total, format, height, compact = false, onPick }: Props) {
  const theme = useChartTheme();
  const option = useMemo(() => flowOption({ columns, total, format, compact }, theme), [columns, total, format, compact, theme]);
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
        size = new ResizeObserver(() => made?.resize());
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
    <div className={classes.canvas} style={{ height }} aria-hidden>
      <div ref={element} className={classes.fill} data-chart data-drawn={chart ? true : undefined} />
    </div>
  );
}
