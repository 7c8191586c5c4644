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
  /** Of the drawing, in pixels. */
  width: number;
}

/** A name with its number below it: a node and the gap under it are never lower. */
const LABEL_HEIGHT = 26;
/** Room for a name beside its node; a narrow place scrolls. */
const COLUMN_WIDTH_MIN = 128;
const NODE_WIDTH = 10;
const EDGE = 4;

/** How large the drawing must be so that no name covers another. */
export function flowSize(columns: readonly FlowColumn[]): { width: number; height: number } {
  const most = Math.max(0, ...columns.map((column, at) => column.nodes.length + (endsBefore(columns, at) > 0 ? 1 : 0)));
  return { width: columns.length * COLUMN_WIDTH_MIN, height: most * (LABEL_HEIGHT + 16) };
}

/** What went no further than the column before. */
function endsBefore(columns: readonly FlowColumn[], at: number): number {
  return columns[at - 1]?.nodes.reduce((sum, node) => sum + node.ends, 0) ?? 0;
}

interface Told {
  title: string;
  pick?: FlowPick;
}

export function flowOption(asked: Asked, theme: ChartTheme): EChartsOption {
  const { columns, total, format, compact, width } = asked;
  const room = Math.floor((width - 2 * EDGE) / Math.max(1, columns.length)) - NODE_WIDTH - 12;
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
        links.push({
          source: key(at, index),
          target: `${at + 1}:ends`,
          value: node.ends,
          lineStyle: { color: theme.lineStrong, opacity: 0.25 },
          title: `${node.name}, then nothing more`,
          pick: { column: at, node: index, ends: true },
        });
      }
    });
    // Below what goes on: one for all that ended.
    const ended = endsBefore(columns, at);
    if (ended > 0) data.push({ name: `${at}:ends`, value: ended, depth: at, itemStyle: { color: theme.lineStrong }, label: { color: theme.muted }, title: "Nothing more" });
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
        left: EDGE,
        right: compact ? EDGE : EDGE + Math.max(0, room) + 8,
        top: compact ? 6 : LABEL_HEIGHT / 2,
        bottom: compact ? 6 : LABEL_HEIGHT / 2,
        nodeWidth: compact ? 6 : NODE_WIDTH,
        nodeGap: compact ? 3 : LABEL_HEIGHT,
        // As they are sorted: the largest on top.
        layoutIterations: 0,
        draggable: false,
        emphasis: { focus: "trajectory" },
        label: {
          show: !compact,
          color: theme.text,
          fontSize: 11,
          lineHeight: 13,
          // What flows behind a name does not strike it through.
          textBorderColor: theme.surface,
          textBorderWidth: 3,
          width: Math.max(0, room),
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
