// A saved insight in small: as a preview on the list, and as a card on dashboards.

import { ActionIcon, Menu } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { messageOf } from "../../api/errors";
import type { Insight } from "../../api/queries/insights";
import { BlockSkeleton } from "../../components/Skeletons";
import { useTimeZone } from "../../lib/timeZone";
import { ExportItems } from "./ExportMenu";
import classes from "./insights.module.css";
import { chartOf } from "./kind";
import { shared, type Display, type InsightQuery, type Range, type Selector } from "./model";
import { NumbersTable } from "./NumbersTable";
import { resolveRange, todayIn } from "./range";
import { kindOf } from "./registry";
import { useAnswer } from "./useAnswer";

/** What a legend takes of a card. */
const LEGEND = 36;
/** A dashboard that stays open shows the numbers of now. */
const REFRESH_MS = 60_000;

/** On the list of insights. */
export function InsightPreview({ insight, height }: { insight: Insight; height: number }) {
  const kind = kindOf(insight.query.kind);
  return (
    <Link to="/insights/$insightId" params={{ insightId: insight.id }} className={`panel ${classes.card}`}>
      <span className={classes.cardName}>{insight.name}</span>
      <span className={classes.cardWords}>{kind.describe(insight.query)}</span>
      <span className={classes.cardBody}>
        <Drawing insight={insight} query={insight.query} height={height} compact />
      </span>
    </Link>
  );
}

interface CardProps {
  insight: Insight;
  height: number;
  /** In place of its own range. */
  range?: Range | undefined;
  /** Besides its own. */
  filters?: NonNullable<Selector["filters"]> | undefined;
  /** What its menu offers besides its own. */
  menu?: ReactNode;
}

/** On a dashboard. */
export function InsightCard({ insight, height, range, filters, menu }: CardProps) {
  const query = useSharedQuery(insight.query, range, filters);
  const kind = kindOf(query.kind);
  const { ref, ...size } = useElementSize();
  const panel = useRef<HTMLElement>(null);
  const { answer } = useAnswer(query);
  const shown = answer.data?.query.kind === query.kind ? answer.data : undefined;
  return (
    <section ref={panel} className={`panel ${classes.card}`} aria-label={insight.name}>
      <div className={classes.cardHead}>
        <div>
          <Link to="/insights/$insightId" params={{ insightId: insight.id }} className={classes.cardName}>
            {insight.name}
          </Link>
          <div className={classes.cardWords} title={kind.describe(query)}>{kind.describe(query)}</div>
        </div>
        <Menu position="bottom-end" shadow="none" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size={24} aria-label={`Actions for ${insight.name}`}>
              <Ellipsis size={15} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Export</Menu.Label>
            <ExportItems name={insight.name} panel={panel} table={shown && kind.table(shown.query, shown.result, drawnAs(insight))} />
            {menu ? <Menu.Divider /> : null}
            {menu}
          </Menu.Dropdown>
        </Menu>
      </div>
      <div ref={ref} className={classes.cardBody}>
        <Drawing insight={insight} query={query} height={Math.max(110, size.height || height)} compact={false} />
      </div>
    </section>
  );
}

const drawnAs = (insight: Insight) => chartOf(kindOf(insight.query.kind), (insight.display ?? {}) as Display);

function useSharedQuery(own: InsightQuery, range: Range | undefined, filters: CardProps["filters"]): InsightQuery {
  const timeZone = useTimeZone();
  const query = shared(own, range, filters);
  return kindOf(query.kind).fit?.(query, resolveRange(query.range, todayIn(timeZone)).days) ?? query;
}

interface DrawingProps {
  insight: Insight;
  query: InsightQuery;
  height: number;
  compact: boolean;
}

function Drawing({ insight, query, height, compact }: DrawingProps) {
  const kind = kindOf(query.kind);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { answer } = useAnswer(query, compact ? undefined : REFRESH_MS);
  const shown = answer.data?.query.kind === query.kind ? answer.data : undefined;
  if (!shown) {
    if (answer.isError) return <span className={classes.small}>Not answered. {messageOf(answer.error)}</span>;
    return <BlockSkeleton height={height} />;
  }
  if (kind.isEmpty(shown.result)) return <span className={classes.small}>Nobody did this in the range</span>;
  const chart = drawnAs(insight);
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
      chart={chart}
      height={legend ? height - LEGEND : height}
      compact={compact}
      hidden={hidden}
      onHide={legend ? hide : undefined}
    />
  );
}
