import { useCallback, useMemo } from "react";
import { Legend } from "../../../../charts/Legend";
import { TimeChart, type TimeSeries } from "../../../../charts/TimeChart";
import { formatCompact } from "../../../../lib/format";
import { useTimeZone } from "../../../../lib/timeZone";
import { useAnnotations } from "../../useAnnotations";
import type { ChartProps } from "../../kind";
import { buckets } from "../trend/model";
import { drawn, measureOf, MEASURES, money, type Query, type Result } from "./model";

export function RevenueChart({ query, result, chart, height, compact = false, hidden, onHide, onPeople }: ChartProps<Query, Result>) {
  const timeZone = useTimeZone();
  const noted = useAnnotations(compact);
  const measure = MEASURES[measureOf(query)];
  const all = useMemo(() => drawn(result), [result]);
  const series = useMemo(
    (): TimeSeries[] =>
      all
        .filter((one) => !hidden.has(one.key))
        .map((one) => ({ key: one.key, name: one.name, slot: one.slot, values: one.series.counts.map(measure.of) })),
    [all, hidden, measure],
  );
  const times = useMemo(() => buckets(result, timeZone, noted), [result, timeZone, noted]);
  const pick = useCallback(
    (one: TimeSeries, index: number) => {
      const of = all.find((other) => other.key === one.key)?.series;
      const bucket = result.buckets[index]?.label;
      if (!of || bucket === undefined || (of.counts[index]?.paying ?? 0) === 0) return;
      onPeople?.({ bucket, ...(of.group === undefined || of.group === null ? {} : { group: of.group }) });
    },
    [all, result, onPeople],
  );
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      <TimeChart
        buckets={times}
        series={series}
        as={chart === "bar" ? "bar" : "line"}
        format={money}
        formatAxis={formatCompact}
        height={height}
        compact={compact}
        onPick={onPeople ? pick : undefined}
      />
      {onHide && all.length > 1 ? (
        <Legend
          entries={all.map((one) => {
            const total = measure.of(one.series.total);
            return { key: one.key, name: one.name, slot: one.slot, amount: total === null ? "–" : money(total) };
          })}
          hidden={hidden}
          onToggle={onHide}
        />
      ) : null}
    </div>
  );
}
