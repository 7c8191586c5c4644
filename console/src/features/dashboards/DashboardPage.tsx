// Saved insights on a grid, with a range of dates for all. How an insight is drawn comes from the
// route: a feature does not know another.

import { ActionIcon, Button, Menu, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ellipsis, LayoutDashboard, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { messageOf } from "../../api/errors";
import {
  dashboardsQuery,
  useChangeDashboard,
  type Dashboard,
  type DashboardChange,
  type DashboardItem,
  type DateRange,
} from "../../api/queries/dashboards";
import { insightsQuery, type Insight } from "../../api/queries/insights";
import { useCan } from "../../api/session";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { BlockSkeleton } from "../../components/Skeletons";
import { notifications } from "@mantine/notifications";
import { DashboardActions } from "./DashboardActions";
import classes from "./dashboards.module.css";
import { add, move, remove, resize, SIZES, sizeOf } from "./model";

export interface InsightSlot {
  insight: Insight;
  range: DateRange | undefined;
  height: number;
  menu: ReactNode;
}

interface Props {
  /** The default one if absent. */
  dashboardId: string | undefined;
  onOpen: (dashboardId: string) => void;
  renderInsight: (slot: InsightSlot) => ReactNode;
  renderRange: (range: DateRange | undefined, onChange: (range: DateRange | null) => void) => ReactNode;
}

export function DashboardPage({ dashboardId, onOpen, renderInsight, renderRange }: Props) {
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
  return (
    <Board
      key={found.id}
      dashboard={found}
      all={dashboards.data}
      insights={insights.data}
      onOpen={onOpen}
      renderInsight={renderInsight}
      renderRange={renderRange}
    />
  );
}

interface BoardProps extends Omit<Props, "dashboardId"> {
  dashboard: Dashboard;
  all: Dashboard[];
  insights: Insight[];
}

function Board({ dashboard, all, insights, onOpen, renderInsight, renderRange }: BoardProps) {
  const may = useCan("editor");
  const update = useChangeDashboard(dashboard.id);
  const change = (what: DashboardChange) =>
    update.mutate(what, {
      onError: (error) => notifications.show({ color: "red", title: "Not changed", message: messageOf(error) }),
    });
  const put = (items: DashboardItem[]) => change({ items });
  const { items } = dashboard;
  const left = insights.filter((insight) => items.every((item) => item.insightId !== insight.id));
  return (
    <Page
      name={dashboard.name}
      title={dashboard.name}
      action={
        may ? (
          <>
            <AddMenu left={left} onAdd={(insightId) => put(add(items, insightId))} />
            <DashboardActions dashboard={dashboard} onOpen={onOpen} onRename={(name) => change({ name })} />
          </>
        ) : undefined
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
              <AddMenu left={left} onAdd={(insightId) => put(add(items, insightId))} />
            ) : undefined
          }
        >
          {insights.length === 0 ? "Save an insight, then add it." : "Add one of the saved insights."}
        </EmptyState>
      ) : (
        <Grid dashboard={dashboard} insights={insights} may={may} onPut={put} renderInsight={renderInsight} />
      )}
    </Page>
  );
}

interface GridProps {
  dashboard: Dashboard;
  insights: Insight[];
  may: boolean;
  onPut: (items: DashboardItem[]) => void;
  renderInsight: Props["renderInsight"];
}

const ROW = 56;
const GAP = 16;
/** What a card has besides its drawing. */
const AROUND = 150;

function Grid({ dashboard, insights, may, onPut, renderInsight }: GridProps) {
  const { items } = dashboard;
  const [dragged, setDragged] = useState<number>();
  const [over, setOver] = useState<number>();
  const drop = (to: number) => {
    if (dragged !== undefined && dragged !== to) onPut(move(items, dragged, to));
    setDragged(undefined);
    setOver(undefined);
  };
  return (
    <div className={classes.grid}>
      {items.map((item, index) => {
        const insight = insights.find((one) => one.id === item.insightId);
        if (!insight) return null;
        return (
          <div
            key={item.insightId}
            className={classes.item}
            style={{
              gridColumn: `${item.x + 1} / span ${item.width}`,
              gridRow: `${item.y + 1} / span ${item.height}`,
            }}
            data-over={(over === index && dragged !== index) || undefined}
            data-dragged={dragged === index || undefined}
            draggable={may}
            onDragStart={(event) => {
              event.dataTransfer.effectAllowed = "move";
              setDragged(index);
            }}
            onDragOver={(event) => {
              if (dragged === undefined) return;
              event.preventDefault();
              setOver(index);
            }}
            onDragEnd={() => drop(dragged ?? index)}
            onDrop={(event) => {
              event.preventDefault();
              drop(index);
            }}
          >
            {renderInsight({
              insight,
              range: dashboard.range ?? undefined,
              height: item.height * (ROW + GAP) - GAP - AROUND,
              menu: may ? <ItemMenu items={items} index={index} name={insight.name} onPut={onPut} /> : null,
            })}
          </div>
        );
      })}
    </div>
  );
}

interface MenuProps {
  items: DashboardItem[];
  index: number;
  name: string;
  onPut: (items: DashboardItem[]) => void;
}

function ItemMenu({ items, index, name, onPut }: MenuProps) {
  const item = items[index];
  if (!item) return null;
  return (
    <Menu position="bottom-end" shadow="none" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={24} aria-label={`Place of ${name}`}>
          <Ellipsis size={15} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Size</Menu.Label>
        {SIZES.map((size) => (
          <Menu.Item key={size.key} fw={sizeOf(item) === size.key ? 600 : undefined} onClick={() => onPut(resize(items, item.insightId, size.key))}>
            {size.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item disabled={index === 0} onClick={() => onPut(move(items, index, index - 1))}>
          Move earlier
        </Menu.Item>
        <Menu.Item disabled={index === items.length - 1} onClick={() => onPut(move(items, index, index + 1))}>
          Move later
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => onPut(remove(items, item.insightId))}>Take off the dashboard</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function AddMenu({ left, onAdd }: { left: Insight[]; onAdd: (insightId: string) => void }) {
  return (
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
        <Menu.Item component={Link} to="/insights">
          Go to the insights
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
