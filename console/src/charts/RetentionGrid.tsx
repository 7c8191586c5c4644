// Cohorts as a heat map: a table with a row per cohort, its size first. Hatched is what is not over
// yet; empty, what has not begun.

import type { CSSProperties } from "react";
import classes from "./charts.module.css";
import { heat } from "./heat";
import { useChartTheme } from "./theme";

export interface GridCell {
  /** Absent before the period begins. */
  people?: number | undefined;
  of: number;
  share: number | null;
  incomplete: boolean;
}

export interface GridRow {
  key: string;
  title: string;
  people: number;
  /** Not a whole period. */
  partial: boolean;
  cells: readonly GridCell[];
}

interface Props {
  /** Of the first column. */
  title: string;
  columns: readonly string[];
  /** All cohorts together. */
  all: GridRow;
  rows: readonly GridRow[];
  formatCount: (value: number) => string;
  formatShare: (part: number) => string;
  /** Scrolls inside this. */
  maxHeight?: number | undefined;
  /** Without a column, who started. */
  onPick?: ((row: GridRow, column: number | undefined) => void) | undefined;
}

export function RetentionGrid(props: Props) {
  const { title, columns, all, rows, maxHeight } = props;
  return (
    <div className={classes.grid} style={{ maxHeight }} tabIndex={0} role="region" aria-label="Retention by cohort">
      <table aria-label="Retention by cohort">
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">People</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[all, ...rows].map((row) => (
            <Row key={row.key} row={row} isAll={row === all} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row, isAll, columns, formatCount, formatShare, onPick }: Props & { row: GridRow; isAll: boolean }) {
  const { dark } = useChartTheme();
  const size = `${row.title}: ${formatCount(row.people)} people`;
  return (
    <tr data-all={isAll || undefined}>
      <th scope="row">
        {row.title}
        {row.partial ? <span title="Not a whole period"> *</span> : null}
      </th>
      <td>
        <Pick words={size} onPick={onPick && row.people > 0 ? () => onPick(row, undefined) : undefined}>
          {formatCount(row.people)}
        </Pick>
      </td>
      {row.cells.map((cell, index) => {
        const { people, share } = cell;
        const column = columns[index] ?? "";
        if (people === undefined || share === null) return <td key={column} />;
        const { fill, stripe } = heat(share, dark);
        const words = `${row.title}, ${column}: ${formatCount(people)} of ${formatCount(cell.of)} people, ${formatShare(share)}${cell.incomplete ? ", not over yet" : ""}`;
        return (
          <td
            key={column}
            className={classes.cell}
            data-incomplete={cell.incomplete || undefined}
            style={{ "--cell": fill, "--stripe": stripe } as CSSProperties}
          >
            <Pick words={words} onPick={onPick && people > 0 ? () => onPick(row, index) : undefined}>
              {formatShare(share)}
            </Pick>
          </td>
        );
      })}
    </tr>
  );
}

interface PickProps {
  words: string;
  onPick: (() => void) | undefined;
  children: string;
}

function Pick({ words, onPick, children }: PickProps) {
  if (!onPick) return <span title={words}>{children}</span>;
  return (
    <button type="button" title={words} aria-label={`${words}. Show them`} onClick={onPick}>
      {children}
    </button>
  );
}
