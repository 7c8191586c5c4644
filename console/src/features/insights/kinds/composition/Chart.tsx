import { useCallback, useMemo } from "react";
import { TimeChart, type TimeSeries } from "../../../../charts/TimeChart";
import { formatCompact, formatNumber } from "../../../../lib/format";
import type { ChartProps } from "../../kind";
import { DRAWN_MAX, type Query, type Result } from "./model";

export function CompositionChart({ result, height, compact = false, onPeople }: ChartProps<Query, Result>) {
  const groups = useMemo(() => result.groups.slice(0, DRAWN_MAX), [result]);
  const bars = useMemo(() => groups.map(({ value }) => ({ short: value, long: value, partial: false })), [groups]);
  const series = useMemo((): TimeSeries[] => [{ key: "people", name: "People", slot: 0, values: groups.map((group) => group.people) }], [groups]);
  const pick = useCallback(
    (_: TimeSeries, index: number) => {
      const value = groups[index]?.value;
      if (value !== undefined) onPeople?.({ value });
    },
    [groups, onPeople],
  );
  return (
    <TimeChart
      buckets={bars}
      series={series}
      as="bar"
      format={formatNumber}
      formatAxis={formatCompact}
      height={height}
      compact={compact}
      onPick={onPeople ? pick : undefined}
    />
  );
}
