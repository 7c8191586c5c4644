import { useCallback, useMemo } from "react";
import { TimeChart, type TimeBucket, type TimeSeries } from "../../../../charts/TimeChart";
import { formatCompact, formatNumber } from "../../../../lib/format";
import { useTimeZone } from "../../../../lib/timeZone";
import { useAnnotations } from "../../useAnnotations";
import type { ChartProps } from "../../kind";
import { buckets } from "../trend/model";
import { binWords, measureOf, MEASURES, pointAt, type Query, type Result } from "./model";

export function SessionsChart(props: ChartProps<Query, Result>) {
  return measureOf(props.query) === "lengths" ? <Lengths {...props} /> : <OverTime {...props} />;
}

function OverTime({ query, result, chart, height, compact = false, onPeople }: ChartProps<Query, Result>) {
  const timeZone = useTimeZone();
  const noted = useAnnotations(compact);
  const measure = measureOf(query);
  const told = measure === "lengths" ? MEASURES.sessions : MEASURES[measure];
  const isCount = measure === "sessions";
  const series = useMemo(
    (): TimeSeries[] => [{ key: measure, name: told.words, slot: 0, values: result.counts.map((counts) => told.of(counts) ?? null) }],
    [result, told, measure],
  );
  const times = useMemo(() => buckets(result, timeZone, noted), [result, timeZone, noted]);
  const pick = useCallback(
    (_: TimeSeries, index: number) => {
      const point = pointAt(result, index, told);
      if (point) onPeople?.(point);
    },
    [result, told, onPeople],
  );
  return (
    <TimeChart
      buckets={times}
      series={series}
      as={chart === "bar" ? "bar" : "line"}
      format={told.format}
      formatAxis={isCount ? formatCompact : told.format}
      height={height}
      compact={compact}
      onPick={onPeople ? pick : undefined}
    />
  );
}

function Lengths({ result, height, compact = false, onPeople }: ChartProps<Query, Result>) {
  const bins = useMemo((): TimeBucket[] => result.lengths.map((bin) => ({ short: binWords(bin), long: binWords(bin), partial: false })), [result]);
  const series = useMemo((): TimeSeries[] => [{ key: "lengths", name: "Sessions", slot: 0, values: result.lengths.map((bin) => bin.sessions) }], [result]);
  const pick = useCallback(
    (_: TimeSeries, bin: number) => {
      if ((result.lengths[bin]?.people ?? 0) > 0) onPeople?.({ bin });
    },
    [result, onPeople],
  );
  return (
    <TimeChart
      buckets={bins}
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
