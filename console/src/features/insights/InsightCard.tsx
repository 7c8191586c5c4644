// A saved insight in small: on the list and on dashboards.

import { useElementSize } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { messageOf } from "../../api/errors";
import type { Insight } from "../../api/queries/insights";
import { BlockSkeleton } from "../../components/Skeletons";
import classes from "./insights.module.css";
import { chartOf } from "./kind";
import type { Display, InsightQuery, Range } from "./model";
import { kindOf } from "./registry";
import { useAnswer } from "./useAnswer";
import { NumbersTable } from "./NumbersTable";

interface Props {
  insight: Insight;
  height: number;
  /** In place of its own range. */
  range?: Range | undefined;
  /** With axes and legend, as on a dashboard. */
  full?: boolean;
  menu?: ReactNode;
}

/** What a legend takes of a card. */
const LEGEND = 36;

export function InsightCard({ insight, height, range, full = false, menu }: Props) {
  const query: InsightQuery = range ? { ...insight.query, range } : insight.query;
  const kind = kindOf(query.kind);
  const { ref, ...size } = useElementSize();
  const link = { to: "/insights/$insightId" as const, params: { insightId: insight.id } };
  if (!full) {
    return (
      <Link {...link} className={`panel ${classes.card}`}>
        <span className={classes.cardName}>{insight.name}</span>
        <span className={classes.cardWords}>{kind.describe(query)}</span>
        <span className={classes.cardBody}>
          <Drawing insight={insight} query={query} height={height} compact />
        </span>
      </Link>
    );
  }
  return (
    <section className={`panel ${classes.card}`} aria-label={insight.name}>
      <div style={{ display: "flex", alignItems: "start", gap: 8, minWidth: 0 }}>
        <div style={{ flex: 1, minWidth: 0 }}>
          <Link {...link} className={classes.cardName} style={{ display: "block", color: "inherit" }}>
            {insight.name}
          </Link>
          <div className={classes.cardWords} title={kind.describe(query)}>{kind.describe(query)}</div>
        </div>
        {menu}
      </div>
      <div ref={ref} className={classes.cardBody}>
        <Drawing insight={insight} query={query} height={Math.max(110, size.height || height)} compact={false} />
      </div>
    </section>
  );
}

interface DrawingProps {
  insight: Insight;
  query: InsightQuery;
  height: number;
  compact: boolean;
}

function Drawing({ insight, query, height, compact }: DrawingProps) {
  const kind = kindOf(query.kind);
  const display = (insight.display ?? {}) as Display;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { answer, past } = useAnswer(query, !compact && kind.canCompare && display.compare === true);
  const shown = answer.data?.query.kind === query.kind ? answer.data : undefined;
  if (!shown) {
    if (answer.isError) return <span className={classes.small}>Not answered. {messageOf(answer.error)}</span>;
    return <BlockSkeleton height={height} />;
  }
  if (kind.isEmpty(shown.result)) return <span className={classes.small}>Nobody did this in the range</span>;
  const chart = chartOf(kind, display);
  if (chart === "table") {
    return (
      <div style={{ maxHeight: height, overflow: "auto" }}>
        <NumbersTable table={kind.table(shown.query, shown.result)} onPeople={() => {}} />
      </div>
    );
  }
  const legend = !compact && chart !== "number" && kind.hasLegend(shown.result);
  const hide = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };
  return (
    <kind.Chart
      query={shown.query}
      result={shown.result}
      past={past}
      chart={chart}
      height={legend ? height - LEGEND : height}
      compact={compact}
      hidden={hidden}
      onHide={legend ? hide : undefined}
    />
  );
}
