import { useCallback, useMemo } from "react";
import { Legend } from "../../../../charts/Legend";
import { TimeChart, type TimeSeries } from "../../../../charts/TimeChart";
import { formatCompact, formatNumber } from "../../../../lib/format";
import { useTimeZone } from "../../../../lib/timeZone";
import { useAnnotations } from "../../useAnnotations";
import type { ChartProps } from "../../kind";
import { buckets } from "../trend/model";
import { series, type Query, type Result } from "./model";

const people = (value: number) => formatNumber(Math.abs(value));
const short = (value: number) => formatCompact(Math.abs(value));

export function LifecycleChart({ result, chart, height, compact = false, hidden, onHide, onPeople }: ChartProps<Query, Result>) {
  const timeZone = useTimeZone();
  const noted = useAnnotations(compact);
  const all = useMemo(() => series(result, chart === "bar"), [result, chart]);
  const shown = useMemo(() => all.filter((one) => !hidden.has(one.key)), [all, hidden]);
  const times = useMemo(() => buckets(result, timeZone, noted), [result, timeZone, noted]);
  const pick = useCallback(
    (one: TimeSeries, bucket: number) => {
      const state = all.find((other) => other.key === one.key)?.key;
      const label = result.buckets[bucket]?.label;
      if (state === undefined || label === undefined || (one.values[bucket] ?? 0) === 0) return;
      onPeople?.({ bucket: label, state });
    },
    [all, result, onPeople],
  );
  const last = result.counts.at(-1);
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      <TimeChart
        buckets={times}
        series={shown}
        as={chart === "line" ? "line" : "bar"}
        format={people}
        formatAxis={short}
        height={height}
        compact={compact}
        onPick={onPeople ? pick : undefined}
      />
      {onHide ? (
        <Legend
          entries={all.map((one) => ({ key: one.key, name: one.name, slot: one.slot, amount: formatNumber(last?.[one.key] ?? 0) }))}
          hidden={hidden}
          onToggle={onHide}
        />
      ) : null}
    </div>
  );
}
