import { useCallback, useMemo } from "react";
import { BigNumber } from "../../../../charts/BigNumber";
import { Legend } from "../../../../charts/Legend";
import { TimeChart, type TimeSeries } from "../../../../charts/TimeChart";
import { formatPercent } from "../../../../lib/format";
import { useTimeZone } from "../../../../lib/timeZone";
import type { ChartProps } from "../../kind";
import { measureWords, selectorName } from "../../model";
import { rangeWords } from "../../range";
import {
  buckets,
  DRAWN_MAX,
  formatMeasure,
  formatMeasureShort,
  named,
  seriesKey,
  type Query,
  type Result,
} from "./model";

export function TrendChart(props: ChartProps<Query, Result>) {
  return props.chart === "number" ? <Figure {...props} /> : <Lines {...props} />;
}

function Lines(props: ChartProps<Query, Result>) {
  const { query, result, past, chart, height, compact = false, hidden, onHide, onPeople, onChange } = props;
  const timeZone = useTimeZone();
  const all = useMemo(() => named(query, result).slice(0, DRAWN_MAX), [query, result]);
  const before = useMemo(
    () => new Map(past?.series.map((one) => [seriesKey(one), one.values])),
    [past],
  );
  const series = useMemo(
    () =>
      all
        .filter((one) => !hidden.has(one.key))
        .map((one) => ({ ...one, past: compact ? undefined : before.get(one.key) })),
    [all, hidden, before, compact],
  );
  const times = useMemo(() => buckets(result, timeZone), [result, timeZone]);
  const format = useMemo(() => formatMeasure(query.measure), [query.measure]);
  const formatAxis = useMemo(() => formatMeasureShort(query.measure), [query.measure]);
  const pick = useCallback(
    (one: TimeSeries, bucket: number) => {
      const of = all.find((other) => other.key === one.key);
      const label = result.buckets[bucket]?.label;
      if (!of || label === undefined || (of.people[bucket] ?? 0) === 0) return;
      const group = of.group === undefined || of.group === null ? {} : { group: of.group };
      onPeople?.({ event: of.event, bucket: label, ...group });
    },
    [all, result, onPeople],
  );
  const zoom = useCallback(
    (from: number, to: number) => {
      const [first, last] = [result.buckets[from], result.buckets[to]];
      if (!first || !last) return;
      const date = (at: number) => new Intl.DateTimeFormat("en-CA", { timeZone }).format(at);
      const range = { start: date(Date.parse(first.from)), end: date(Date.parse(last.to) - 1) };
      onChange?.({ ...query, range });
    },
    [result, query, onChange, timeZone],
  );
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      <TimeChart
        buckets={times}
        series={series}
        as={chart === "bar" || chart === "area" ? chart : "line"}
        format={format}
        formatAxis={formatAxis}
        height={height}
        compact={compact}
        onPick={onPeople ? pick : undefined}
        onZoom={onChange ? zoom : undefined}
      />
      {onHide && (all.length > 1 || onPeople) ? (
        <Legend
          entries={all.map((one) => ({
            key: one.key,
            name: one.name,
            slot: one.slot,
            amount: one.total === null || one.total === undefined ? "no value" : format(one.total),
          }))}
          hidden={hidden}
          onToggle={onHide}
        />
      ) : null}
    </div>
  );
}

function Figure({ query, result, past, height, compact = false, onPeople }: ChartProps<Query, Result>) {
  const [first] = named(query, result);
  if (!first) return null;
  const format = formatMeasure(query.measure);
  const total = first.total ?? null;
  const was = past?.series.find((one) => seriesKey(one) === first.key)?.total ?? null;
  const event = query.events[first.event];
  const words = `${measureWords(query.measure)}, ${event ? selectorName(event) : first.label}${first.group ? `, ${first.group}` : ""}, ${rangeWords(query.range)}`;
  const group = first.group === undefined || first.group === null ? {} : { group: first.group };
  return (
    <BigNumber
      figure={total === null ? "no value" : format(total)}
      words={words}
      change={total !== null && was !== null ? changeWords(total, was, format) : undefined}
      height={height}
      compact={compact}
      onPick={onPeople && first.people_total > 0 ? () => onPeople({ event: first.event, ...group }) : undefined}
    />
  );
}

function changeWords(now: number, was: number, format: (value: number) => string): string {
  if (was === 0) return "none in the period before";
  const change = (now - was) / was;
  if (change === 0) return `the same as in the period before`;
  return `${change > 0 ? "up" : "down"} ${formatPercent(Math.abs(change))} from ${format(was)} in the period before`;
}
