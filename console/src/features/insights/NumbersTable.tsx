// The numbers of an answer under its chart: sortable, and each opens its people. What a screen
// reader reads in place of the drawing.

import { UnstyledButton } from "@mantine/core";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useState } from "react";
import { colour } from "../../charts/palette";
import { useChartTheme } from "../../charts/theme";
import { compareCells } from "../../lib/sort";
import classes from "./insights.module.css";
import type { NumberCell, NumberRow, NumberTable } from "./kind";
import type { Point } from "./model";

const ROWS_MAX = 200;

interface Sort {
  /** -1 is the name. */
  column: number;
  down: boolean;
}

interface Props {
  table: NumberTable;
  onPeople: (point: Point) => void;
}

export function NumbersTable({ table, onPeople }: Props) {
  const { dark } = useChartTheme();
  const [sort, setSort] = useState<Sort>();
  const value = (row: NumberRow, column: number) => (column < 0 ? row.title : (row.cells[column]?.value ?? null));
  const rows = sort
    ? [...table.rows].sort((a, b) => compareCells(value(a, sort.column), value(b, sort.column), sort.down))
    : table.rows;
  const turn = (column: number) =>
    setSort(sort?.column === column ? { column, down: !sort.down } : { column, down: column >= 0 });
  return (
    <>
      <div className={classes.numbers} tabIndex={0} role="region" aria-label="Numbers of the chart">
        <table aria-label="Numbers of the chart">
          <thead>
            <tr>
              <Head title={table.title} sort={sort?.column === -1 ? sort : undefined} onSort={() => turn(-1)} />
              {table.columns.map((column, index) => (
                <Head key={column.key} title={column.title} sort={sort?.column === index ? sort : undefined} onSort={() => turn(index)} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, ROWS_MAX).map((row) => (
              <tr key={row.key}>
                <th scope="row" title={row.title}>
                  {row.slot === undefined ? null : (
                    <span aria-hidden className={classes.swatch} style={{ background: colour(row.slot, dark) }} />
                  )}
                  {row.title}
                </th>
                {row.cells.map((cell, index) => (
                  <td key={table.columns[index]?.key ?? index}>
                    <Number cell={cell} onPeople={onPeople} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={classes.foot}>
        {rows.length > ROWS_MAX ? <span>The first {ROWS_MAX} of {rows.length} rows; the CSV file has all.</span> : null}
        {table.note ? <span>{table.note}</span> : null}
      </div>
    </>
  );
}

function Head({ title, sort, onSort }: { title: string; sort: Sort | undefined; onSort: () => void }) {
  const Arrow = sort?.down ? ArrowDown : ArrowUp;
  return (
    <th scope="col" aria-sort={sort ? (sort.down ? "descending" : "ascending") : undefined}>
      <UnstyledButton className={classes.sort} onClick={onSort}>
        {title}
        {sort ? <Arrow size={12} aria-hidden /> : null}
      </UnstyledButton>
    </th>
  );
}

function Number({ cell, onPeople }: { cell: NumberCell; onPeople: (point: Point) => void }) {
  const { point } = cell;
  if (!point) return <span className={cell.value ? undefined : classes.zero}>{cell.text}</span>;
  return (
    <UnstyledButton className={classes.number} aria-label={`${cell.text}: ${cell.of}. Show the people`} onClick={() => onPeople(point)}>
      {cell.text}
    </UnstyledButton>
  );
}
