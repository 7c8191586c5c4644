import { useState } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import { ArrowDown, ArrowUp } from "lucide-react";
import { compareCells, type SortValue } from "../lib/sort";
import classes from "./DataTable.module.css";
import { ResizeHandle } from "./ResizeHandle";

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable. */
  sort?: (row: Row) => SortValue;
  /** Numbers stand right. */
  align?: "right";
  /** Beginning width in pixels; the others share what is left. */
  width?: number;
  /** On a phone the first column is the card's title; these are left out. */
  hideOnPhone?: boolean;
  /** In lines on a phone: right of the title, as wide as there is room, or on a line of its own. */
  line?: "corner" | "fill" | "own";
}

export interface Sort {
  key: string;
  down: boolean;
}

interface Props<Row> {
  /** What the table lists, for screen readers. */
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** Opens a row: click or Enter. */
  onOpen?: (row: Row) => void;
  selected?: string | undefined;
  initialSort?: Sort;
  /** On a phone: a card per row with named values, or rows of two lines where values speak for themselves
   * (`faces`: beside the round picture in the first column). */
  phone?: "cards" | "lines" | "faces";
}

export function DataTable<Row>(props: Props<Row>) {
  const { label, rows, columns, rowKey, onOpen, selected, initialSort, phone = "cards" } = props;
  const [sort, setSort] = useState<Sort | undefined>(initialSort);
  const [widths, setWidths] = useState<Record<string, number>>({});
  const sorted = sortRows(rows, columns, sort);
  return (
    <div className={classes.frame}>
      <table className={classes.table} aria-label={label} data-lines={phone === "cards" ? undefined : phone}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={{ width: widths[column.key] ?? column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell
                key={column.key}
                column={column}
                sort={sort?.key === column.key ? sort : undefined}
                onSort={() => setSort(nextSort(sort, column))}
                onResize={(width) => setWidths((old) => ({ ...old, [column.key]: width }))}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => {
            const key = rowKey(row);
            return (
              <tr
                key={key}
                className={onOpen ? classes.opens : undefined}
                data-selected={selected === key || undefined}
                tabIndex={onOpen ? 0 : undefined}
                aria-selected={onOpen ? selected === key : undefined}
                onClick={onOpen ? () => onOpen(row) : undefined}
                onKeyDown={onOpen ? (event) => onRowKey(event, () => onOpen(row)) : undefined}
              >
                {columns.map((column) => (
                  <td
                    key={column.key}
                    data-title={column.title}
                    data-align={column.align}
                    data-phone={column.hideOnPhone ? "hidden" : column.line}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: () => void;
  onResize: (width: number) => void;
}

function HeadCell<Row>({ column, sort, onSort, onResize }: HeadProps<Row>) {
  const Arrow = sort?.down ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      data-align={column.align}
      aria-sort={sort ? (sort.down ? "descending" : "ascending") : undefined}
    >
      {column.sort ? (
        <button type="button" className={classes.sort} onClick={onSort}>
          {column.title}
          {sort ? <Arrow size={12} aria-hidden /> : null}
        </button>
      ) : (
        column.title
      )}
      <ResizeHandle onResize={onResize} />
    </th>
  );
}

/** Up, then down, then as it came; numbers begin with the largest. */
function nextSort<Row>(sort: Sort | undefined, column: Column<Row>): Sort | undefined {
  const downFirst = column.align === "right";
  if (sort?.key !== column.key) return { key: column.key, down: downFirst };
  return sort.down === downFirst ? { key: column.key, down: !downFirst } : undefined;
}

function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | undefined,
): readonly Row[] {
  const value = columns.find((column) => column.key === sort?.key)?.sort;
  if (!sort || !value) return rows;
  return [...rows].sort((a, b) => compareCells(value(a), value(b), sort.down));
}

function onRowKey(event: KeyboardEvent<HTMLTableRowElement>, open: () => void): void {
  if (event.target !== event.currentTarget) return;
  const row = event.currentTarget;
  const move = (to: Element | null) => {
    if (to instanceof HTMLElement) to.focus();
    event.preventDefault();
  };
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    open();
  } else if (event.key === "ArrowDown" || event.key === "j") move(row.nextElementSibling);
  else if (event.key === "ArrowUp" || event.key === "k") move(row.previousElementSibling);
  else if (event.key === "Home") move(row.parentElement?.firstElementChild ?? null);
  else if (event.key === "End") move(row.parentElement?.lastElementChild ?? null);
}
