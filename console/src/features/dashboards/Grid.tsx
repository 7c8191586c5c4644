// The grid of a dashboard: items are moved by dragging them, resized at their corner, both also from
// their menu.

import { Menu } from "@mantine/core";
import { useRef, useState, type PointerEvent, type ReactNode } from "react";
import type { Dashboard, DashboardItem } from "../../api/queries/dashboards";
import type { Insight } from "../../api/queries/insights";
import classes from "./dashboards.module.css";
import type { InsightSlot } from "./DashboardPage";
import { COLUMNS, keyOf, move, remove, resize, SIZES, sizeOf, type Size } from "./model";
import { TextCard } from "./TextCard";

interface Props {
  dashboard: Dashboard;
  insights: Insight[];
  may: boolean;
  onPut: (items: DashboardItem[]) => void;
  renderInsight: (slot: InsightSlot) => ReactNode;
}

const ROW = 56;
const GAP = 16;
/** What a card has besides its drawing. */
const AROUND = 150;

export function Grid({ dashboard, insights, may, onPut, renderInsight }: Props) {
  const grid = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<number>();
  const [over, setOver] = useState<number>();
  const [sizing, setSizing] = useState<{ index: number; size: Size }>();
  const items = sizing ? resize(dashboard.items, sizing.index, sizing.size) : dashboard.items;
  const drop = (to: number) => {
    if (dragged !== undefined && dragged !== to) onPut(move(items, dragged, to));
    setDragged(undefined);
    setOver(undefined);
  };
  const sizeAt = (event: PointerEvent): Size => {
    const columns = ((grid.current?.clientWidth ?? 0) + GAP) / COLUMNS;
    const item = (event.currentTarget.parentElement ?? event.currentTarget).getBoundingClientRect();
    return {
      width: (event.clientX - item.left + GAP) / columns,
      height: (event.clientY - item.top + GAP) / (ROW + GAP),
    };
  };
  return (
    <div ref={grid} className={classes.grid}>
      {items.map((item, index) => {
        const insight = insights.find((one) => one.id === item.insightId);
        if (item.insightId && !insight) return null;
        const menu = may ? <PlaceItems {...{ items, index, onPut }} /> : null;
        return (
          <div
            key={keyOf(item, index)}
            className={classes.item}
            style={{
              gridColumn: `${item.x + 1} / span ${item.width}`,
              gridRow: `${item.y + 1} / span ${item.height}`,
            }}
            data-text={item.text === undefined || item.text === null ? undefined : true}
            data-over={(over === index && dragged !== index) || undefined}
            data-dragged={dragged === index || undefined}
            draggable={may && sizing === undefined}
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
            {insight ? (
              renderInsight({
                insight,
                range: dashboard.range ?? undefined,
                filters: dashboard.filters,
                height: item.height * (ROW + GAP) - GAP - AROUND,
                menu,
              })
            ) : (
              <TextCard items={items} index={index} may={may} menu={menu} onPut={onPut} />
            )}
            {may ? (
              <span
                className={classes.corner}
                aria-hidden
                title="Drag to resize"
                draggable={false}
                onPointerDown={(event) => {
                  event.preventDefault();
                  event.stopPropagation();
                  event.currentTarget.setPointerCapture(event.pointerId);
                  setSizing({ index, size: { width: item.width, height: item.height } });
                }}
                onPointerMove={(event) => {
                  if (sizing?.index === index) setSizing({ index, size: sizeAt(event) });
                }}
                onPointerUp={() => {
                  if (sizing?.index === index) onPut(items);
                  setSizing(undefined);
                }}
                onPointerCancel={() => setSizing(undefined)}
              />
            ) : null}
          </div>
        );
      })}
    </div>
  );
}

interface PlaceProps {
  items: DashboardItem[];
  index: number;
  onPut: (items: DashboardItem[]) => void;
}

/** What a card's menu offers about its place. */
function PlaceItems({ items, index, onPut }: PlaceProps) {
  const item = items[index];
  if (!item) return null;
  return (
    <>
      <Menu.Label>Size</Menu.Label>
      {SIZES.map((size) => (
        <Menu.Item key={size.key} fw={sizeOf(item) === size.key ? 600 : undefined} onClick={() => onPut(resize(items, index, size))}>
          {size.label}
        </Menu.Item>
      ))}
      <Menu.Item onClick={() => onPut(resize(items, index, { width: item.width, height: item.height + 1 }))}>Taller</Menu.Item>
      <Menu.Item onClick={() => onPut(resize(items, index, { width: item.width, height: item.height - 1 }))}>Less tall</Menu.Item>
      <Menu.Divider />
      <Menu.Item disabled={index === 0} onClick={() => onPut(move(items, index, index - 1))}>
        Move earlier
      </Menu.Item>
      <Menu.Item disabled={index === items.length - 1} onClick={() => onPut(move(items, index, index + 1))}>
        Move later
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item onClick={() => onPut(remove(items, index))}>Take off the dashboard</Menu.Item>
    </>
  );
}
