// What ECharts is told to draw for a flow from column to column.

import type { EChartsOption, SankeySeriesOption } from "echarts";
import { colour } from "./palette";
import type { ChartTheme } from "./theme";

export interface FlowNode {
  name: string;
  value: number;
  /** Slot of the palette; grey without. */
  slot?: number | undefined;
  /** What goes no further. */
  ends: number;
}

export interface FlowColumn {
  nodes: readonly FlowNode[];
  /** From nodes of this column to nodes of the next. */
  links: readonly { from: number; to: number; value: number }[];
}

/** Indexes of a column and a node, of the node after it if a link was picked, or of what ends. */
export interface FlowPick {
  column: number;
  node: number;
  next?: number;
  ends?: boolean;
}

interface Asked {
  columns: readonly FlowColumn[];
  total: number;
  format: (value: number) => string;
  compact: boolean;
}

const NAME_WIDTH = 104;

interface Told {
  title: string;
  pick?: FlowPick;
}

export function flowOption(asked: Asked, theme: ChartTheme): EChartsOption {
  const { columns, total, format, compact } = asked;
  const share = (value: number, of: number) => (of > 0 ? `${Number(((value / of) * 100).toFixed(1))}%` : "");
  const key = (column: number, node: number) => `${column}:${node}`;
  const data: (NonNullable<SankeySeriesOption["data"]>[number] & Told)[] = [];
  const links: (NonNullable<SankeySeriesOption["links"]>[number] & Told)[] = [];
  columns.forEach((column, at) => {
    column.nodes.forEach((node, index) => {
      const tint = node.slot === undefined ? theme.muted : colour(node.slot, theme.dark);
      data.push({
        name: key(at, index),
        value: node.value,
        depth: at,
        itemStyle: { color: tint },
        title: node.name,
        pick: { column: at, node: index },
      });
      // In the last column it is plain that nothing follows.
      if (node.ends > 0 && at + 1 < columns.length) {
        const end = `${key(at, index)}:ends`;
        const pick = { column: at, node: index, ends: true };
        data.push({ name: end, value: node.ends, depth: at + 1, itemStyle: { color: theme.lineStrong }, title: "Nothing more", pick });
        links.push({ source: key(at, index), target: end, value: node.ends, lineStyle: { color: theme.lineStrong, opacity: 0.25 }, title: `${node.name}, then nothing more`, pick });
      }
    });
    for (const { from, to, value } of column.links) {
      const names = [column.nodes[from]?.name ?? "", columns[at + 1]?.nodes[to]?.name ?? ""];
      links.push({ source: key(at, from), target: key(at + 1, to), value, title: names.join(" → "), pick: { column: at, node: from, next: to } });
    }
  });
  return {
    animation: false,
    textStyle: { fontFamily: "inherit" },
    tooltip: {
      show: !compact,
      confine: true,
      transitionDuration: 0,
      backgroundColor: theme.surface,
      borderColor: theme.lineStrong,
      borderWidth: 1,
      padding: [8, 10],
      textStyle: { color: theme.text, fontSize: 12 },
      extraCssText: "box-shadow:none;border-radius:8px",
      formatter: (at) => {
        const one = Array.isArray(at) ? at[0] : at;
        const told = one?.data as (Told & { value?: number }) | undefined;
        const from = told?.pick && "next" in told.pick ? columns[told.pick.column]?.nodes[told.pick.node] : undefined;
        const value = Number(told?.value ?? 0);
        const of = from ? `${share(value, from.value)} of ${from.name}` : `${share(value, total)} of all`;
        const box = document.createElement("div");
        box.append(told?.title ?? "", document.createElement("br"), `${format(value)}, ${of}`);
        return box;
      },
    },
    series: [
      {
        type: "sankey",
        left: 2,
        right: compact ? 2 : NAME_WIDTH + 8,
        top: 6,
        bottom: 6,
        nodeWidth: compact ? 6 : 10,
        nodeGap: compact ? 3 : 14,
        // As they are sorted: the largest on top.
        layoutIterations: 0,
        draggable: false,
        emphasis: { focus: "trajectory" },
        label: {
          show: !compact,
          color: theme.text,
          fontSize: 11,
          lineHeight: 13,
          width: NAME_WIDTH,
          overflow: "truncate",
          formatter: ({ data: at }) => {
            const { title = "", value } = at as Told & { value?: number };
            return `${title}\n${format(Number(value ?? 0))} · ${share(Number(value ?? 0), total)}`;
          },
        },
        lineStyle: { color: "source", opacity: 0.22, curveness: 0.5 },
        data,
        links,
      },
    ],
  };
}
