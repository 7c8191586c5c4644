import { useCallback, useMemo } from "react";
import { Legend } from "../../../../charts/Legend";
import { TimeChart, type TimeSeries } from "../../../../charts/TimeChart";
import { formatPercent, plural } from "../../../../lib/format";
import type { ChartProps } from "../../kind";
import { series, type Query, type Result } from "./model";

const percent = (part: number) => formatPercent(part);

export function StickinessChart({ result, height, compact = false, hidden, onHide, onPeople }: ChartProps<Query, Result>) {
  const all = useMemo(() => series(result), [result]);
  const shown = useMemo(() => all.filter((one) => !hidden.has(one.key)), [all, hidden]);
  const columns = useMemo(
    () => result.days.map(({ days }) => ({ short: String(days), long: plural(days, "day"), partial: false })),
    [result],
  );
  const pick = useCallback(
    (one: TimeSeries, index: number) => {
      const count = all.find((other) => other.key === one.key)?.key;
      const days = result.days[index]?.days;
      if (count === undefined || days === undefined || (one.values[index] ?? 0) === 0) return;
      onPeople?.({ days, count });
    },
    [all, result, onPeople],
  );
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      <TimeChart
        buckets={columns}
        series={shown}
        as="bar"
        format={percent}
        formatAxis={percent}
        parts
        height={height}
        compact={compact}
        onPick={onPeople ? pick : undefined}
      />
      {onHide ? (
        <Legend entries={all.map(({ key, name, slot }) => ({ key, name, slot, amount: "" }))} hidden={hidden} onToggle={onHide} />
      ) : null}
    </div>
  );
}
