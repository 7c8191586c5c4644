// Saved insights and texts on a grid, with a range of dates and filters for all. How an insight is
// drawn comes from the route: a feature does not know another.

import { ActionIcon, Button, Menu, Select, Tooltip } from "@mantine/core";
import { useFullscreenElement } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LayoutDashboard, Maximize2, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import {
  dashboardsQuery,
  useChangeDashboard,
  type Dashboard,
  type DashboardChange,
  type DashboardItem,
  type DateRange,
  type SharedFilters,
} from "../../api/queries/dashboards";
import { insightsQuery, type Insight } from "../../api/queries/insights";
import { useCan } from "../../api/session";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { notifyFailed } from "../../components/notify";
import { Page } from "../../components/Page";
import { BlockSkeleton } from "../../components/Skeletons";
import { DashboardActions } from "./DashboardActions";
import classes from "./dashboards.module.css";
import { Grid } from "./Grid";
import { add, addText } from "./model";
import { TextDialog } from "./TextCard";

export interface InsightSlot {
  insight: Insight;
  range: DateRange | undefined;
  filters: SharedFilters;
  height: number;
  /** What its menu offers besides its own. */
  menu: ReactNode;
}

interface Props {
  /** The default one if absent. */
  dashboardId: string | undefined;
  onOpen: (dashboardId: string) => void;
  renderInsight: (slot: InsightSlot) => ReactNode;
  renderRange: (range: DateRange | undefined, onChange: (range: DateRange | null) => void) => ReactNode;
  renderFilters: (filters: SharedFilters, onChange: (filters: SharedFilters) => void) => ReactNode;
}

export function DashboardPage({ dashboardId, ...rest }: Props) {
  const dashboards = useQuery(dashboardsQuery);
  const insights = useQuery(insightsQuery);
  const error = dashboards.error ?? insights.error;
  if (dashboards.data === undefined || insights.data === undefined) {
    return (
      <Page name="Dashboards" title="How is it going?">
        {error ? (
          <ErrorState
            title="The dashboard could not be read"
            error={error}
            onRetry={() => void Promise.all([dashboards.refetch(), insights.refetch()])}
          />
        ) : (
          <BlockSkeleton height={420} />
        )}
      </Page>
    );
  }
  const found = dashboards.data.find((one) => (dashboardId ? one.id === dashboardId : one.isDefault));
  if (!found) {
    return (
      <Page name="Dashboards" title="How is it going?">
        <EmptyState icon={LayoutDashboard} title="There is no such dashboard" action={<Button component={Link} to="/dashboards">Open the default one</Button>}>
          It may have been deleted.
        </EmptyState>
      </Page>
    );
  }
  return <Board key={found.id} dashboard={found} all={dashboards.data} insights={insights.data} {...rest} />;
}

interface BoardProps extends Omit<Props, "dashboardId"> {
  dashboard: Dashboard;
  all: Dashboard[];
  insights: Insight[];
}

function Board({ dashboard, all, insights, onOpen, renderInsight, renderRange, renderFilters }: BoardProps) {
  const may = useCan("editor");
  const { ref: board, toggle, fullscreen } = useFullscreenElement<HTMLDivElement>();
  const update = useChangeDashboard(dashboard.id);
  const change = (what: DashboardChange) =>
    update.mutate(what, { onError: (error) => notifyFailed("Not changed", error) });
  const put = (items: DashboardItem[]) => change({ items });
  const { items } = dashboard;
  const left = insights.filter((insight) => items.every((item) => item.insightId !== insight.id));
  const adding = <AddMenu left={left} onAdd={(id) => put(add(items, id))} onText={(text) => put(addText(items, text))} />;
  return (
    <Page
      name={dashboard.name}
      title={dashboard.name}
      action={
        <>
          {items.length > 0 ? <FullScreen onClick={() => void toggle()} /> : null}
          {may ? (
            <>
              {adding}
              <DashboardActions dashboard={dashboard} onOpen={onOpen} />
            </>
          ) : null}
        </>
      }
      filters={
        <>
          {all.length > 1 ? (
            <Select
              aria-label="Dashboard"
              w={220}
              data={all.map((one) => ({ value: one.id, label: one.name }))}
              value={dashboard.id}
              allowDeselect={false}
              onChange={(id) => (id ? onOpen(id) : undefined)}
            />
          ) : null}
          {renderRange(dashboard.range ?? undefined, (range) => change({ range }))}
          {renderFilters(dashboard.filters, (filters) => change({ filters }))}
        </>
      }
    >
      {items.length === 0 ? (
        <EmptyState
          icon={LayoutDashboard}
          title="The insights that you watch will stand here, side by side"
          action={
            insights.length === 0 ? (
              <Button component={Link} to="/insights">
                Ask a question first
              </Button>
            ) : may ? (
              adding
            ) : undefined
          }
        >
          {insights.length === 0 ? "Save an insight, then add it." : "Add one of the saved insights."}
        </EmptyState>
      ) : (
        <div ref={board} className={classes.board} data-full={fullscreen || undefined}>
          {fullscreen ? <h2 className={classes.boardName}>{dashboard.name}</h2> : null}
          <Grid dashboard={dashboard} insights={insights} may={may && !fullscreen} onPut={put} renderInsight={renderInsight} />
        </div>
      )}
    </Page>
  );
}

function FullScreen({ onClick }: { onClick: () => void }) {
  return (
    <Tooltip label="Full screen; Esc ends it">
      <ActionIcon variant="default" size={34} aria-label="Full screen" onClick={onClick}>
        <Maximize2 size={15} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

interface AddProps {
  left: Insight[];
  onAdd: (insightId: string) => void;
  onText: (text: string) => void;
}

function AddMenu({ left, onAdd, onText }: AddProps) {
  const [writing, setWriting] = useState(false);
  return (
    <>
      <Menu position="bottom-end" shadow="none" withinPortal>
        <Menu.Target>
          <Button leftSection={<Plus size={14} aria-hidden />}>Add insight</Button>
        </Menu.Target>
        <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
          {left.map((insight) => (
            <Menu.Item key={insight.id} onClick={() => onAdd(insight.id)}>
              {insight.name}
            </Menu.Item>
          ))}
          {left.length === 0 ? <Menu.Label>All saved insights are on it</Menu.Label> : null}
          <Menu.Divider />
          <Menu.Item onClick={() => setWriting(true)}>A text</Menu.Item>
          <Menu.Item component={Link} to="/insights">
            Go to the insights
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <TextDialog
        opened={writing}
        onClose={() => setWriting(false)}
        title="Add a text"
        verb="Add text"
        initial=""
        onText={(text) => {
          setWriting(false);
          onText(text);
        }}
      />
    </>
  );
}
