import { Select } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { Legend } from "../../../../charts/Legend";
import { RetentionGrid, type GridRow } from "../../../../charts/RetentionGrid";
import { TimeChart, type TimeSeries } from "../../../../charts/TimeChart";
import { useNow } from "../../../../components/RelativeTime";
import { formatNumber, formatPercent, plural } from "../../../../lib/format";
import type { ChartProps } from "../../kind";
import { unitWords } from "../../whom/groups";
import { curves, gridOf, gridRows, type Query, type Result } from "./model";

const CURVE_HEIGHT = 170;
/** On a dashboard the cohorts stand under the curve from this height on. */
const BOTH_MIN = 220;
const ROWS_MAX = 100;
const percent = (part: number) => formatPercent(part);

export function RetentionChart(props: ChartProps<Query, Result>) {
  const { chart, height, compact = false, onPeople } = props;
  const onCard = onPeople === undefined;
  if (compact || chart === "line" || (onCard && height < BOTH_MIN)) return <Curves {...props} />;
  const curve = onCard ? Math.round(height * 0.4) : CURVE_HEIGHT;
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 12 }}>
      <Curves {...props} height={curve} />
      <Cohorts {...props} maxHeight={onCard ? height - curve - 12 : undefined} />
    </div>
  );
}

function Curves({ query, result, height, compact = false, hidden, onHide, onPeople }: ChartProps<Query, Result>) {
  const all = useMemo(() => curves(result), [result]);
  const series = useMemo(() => all.filter((one) => !hidden.has(one.key)), [all, hidden]);
  const columns = useMemo(
    () => result.columns.map((column) => ({ short: column.label, long: column.label, partial: false })),
    [result],
  );
  const pick = useCallback(
    (one: TimeSeries, column: number) => {
      const of = all.find((other) => other.key === one.key);
      if (!of || (one.values[column] ?? 0) === 0) return;
      onPeople?.({ column, ...(of.group === undefined ? {} : { group: of.group }) });
    },
    [all, onPeople],
  );
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      <TimeChart
        buckets={columns}
        series={series}
        as="line"
        format={percent}
        formatAxis={percent}
        parts
        height={height}
        compact={compact}
        onPick={onPeople ? pick : undefined}
      />
      {onHide && all.length > 1 ? (
        <Legend
          entries={all.map((one) => ({ key: one.key, name: one.name, slot: one.slot, amount: plural(one.people, ...unitWords(query)) }))}
          hidden={hidden}
          onToggle={onHide}
        />
      ) : null}
    </div>
  );
}

function Cohorts({ result, maxHeight, onPeople }: ChartProps<Query, Result> & { maxHeight: number | undefined }) {
  const now = useNow();
  const [chosen, setChosen] = useState<string>();
  const groups = result.groups ?? [];
  const group = groups.some((one) => one.group === chosen) ? chosen : undefined;
  const { all, rows } = useMemo(() => gridRows(result, gridOf(result, group), now), [result, group, now]);
  const pick = (row: GridRow, column: number | undefined) =>
    onPeople?.({
      ...(row.key === "" ? {} : { row: row.key }),
      ...(column === undefined ? {} : { column }),
      ...(group === undefined ? {} : { group }),
    });
  return (
    <div>
      {groups.length > 0 && onPeople ? (
        <Select
          size="xs"
          mb={8}
          maw={260}
          label="Cohorts of"
          data={[{ value: "all", label: "Everybody" }, ...groups.map((one) => ({ value: `g:${one.group}`, label: one.group }))]}
          value={group === undefined ? "all" : `g:${group}`}
          allowDeselect={false}
          onChange={(value) => setChosen(value?.startsWith("g:") ? value.slice(2) : undefined)}
        />
      ) : null}
      <RetentionGrid
        title="Cohort"
        columns={result.columns.map((column) => column.label)}
        all={all}
        rows={rows.slice(-ROWS_MAX)}
        formatCount={formatNumber}
        formatShare={percent}
        maxHeight={maxHeight}
        onPick={onPeople ? pick : undefined}
      />
      {onPeople ? (
        <div style={{ color: "var(--sl-muted)", fontSize: 12, marginTop: 6 }}>
          {rows.length > ROWS_MAX ? `The last ${ROWS_MAX} of ${rows.length} cohorts. ` : ""}
          Hatched: not over yet for everybody.{rows.some((row) => row.partial) ? " * Not a whole period." : ""}
        </div>
      ) : null}
    </div>
  );
}
