import { useCallback, useMemo } from "react";
import { TimeChart, type TimeSeries } from "../../../../charts/TimeChart";
import { formatCompact } from "../../../../lib/format";
import type { ChartProps } from "../../kind";
import { money } from "../revenue/model";
import { behind, measureOf, MEASURES, type Query, type Result } from "./model";

export function LifetimeChart({ query, result, chart, height, compact = false, onPeople }: ChartProps<Query, Result>) {
  const measure = measureOf(query);
  const told = MEASURES[measure];
  const days = useMemo(
    () => result.days.map((day) => ({ short: String(day.day), long: `Day ${day.day}`, partial: day.incomplete })),
    [result],
  );
  const series = useMemo((): TimeSeries[] => [{ key: measure, name: told.words, slot: 0, values: result.days.map(told.of) }], [result, told, measure]);
  const pick = useCallback(
    (_: TimeSeries, index: number) => {
      const day = result.days[index];
      if (day && behind(day, told.who) > 0) onPeople?.({ day: day.day, who: told.who });
    },
    [result, told, onPeople],
  );
  return (
    <TimeChart
      buckets={days}
      series={series}
      as={chart === "bar" ? "bar" : "line"}
      format={money}
      formatAxis={formatCompact}
      height={height}
      compact={compact}
      onPick={onPeople ? pick : undefined}
    />
  );
}
