import { useCallback, useMemo, type ReactNode } from "react";
import { BigNumber } from "../../../../charts/BigNumber";
import { Legend } from "../../../../charts/Legend";
import { TimeChart, type TimeSeries } from "../../../../charts/TimeChart";
import { useTimeZone } from "../../../../lib/timeZone";
import { useAnnotations } from "../../useAnnotations";
import type { ChartProps } from "../../kind";
import { measureWords } from "../../model";
import { rangeWords } from "../../range";
import { byBin } from "./bins";
import { buckets, compareWords, DRAWN_MAX, drawnLines, isDistribution, pointOf, type Line, type Query, type Result } from "./model";
import { changeWords } from "./says";

export function TrendChart(props: ChartProps<Query, Result>) {
  if (props.chart === "number") return <Figure {...props} />;
  return props.chart === "bar" && isDistribution(props.query) ? <Bins {...props} /> : <Lines {...props} />;
}

function Lines(props: ChartProps<Query, Result>) {
  const { query, result, chart, height, compact = false, hidden, onHide, onPeople, onChange } = props;
  const timeZone = useTimeZone();
  const noted = useAnnotations(compact);
  const all = useMemo(() => drawnLines(query, result).slice(0, DRAWN_MAX), [query, result]);
  const series = useMemo(
    () =>
      all
        .filter((one) => !hidden.has(one.key))
        .map((one) => ({ ...one, past: compact ? undefined : one.past?.values })),
    [all, hidden, compact],
  );
  const times = useMemo(() => buckets(result, timeZone, noted), [result, timeZone, noted]);
  const pick = useCallback(
    (one: TimeSeries, bucket: number) => {
      const of = all.find((other) => other.key === one.key);
      const point = of && pointOf(of, result.buckets[bucket]?.label, of.people[bucket] ?? 0);
      if (point) onPeople?.(point);
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
  const hasPeople = all.some((one) => one.place !== undefined);
  return (
    <Drawn {...{ all, hidden, onHide }} isPickable={onPeople !== undefined}>
      <TimeChart
        buckets={times}
        series={series}
        as={chart === "bar" || chart === "area" || chart === "stacked" ? chart : "line"}
        format={all[0]?.format ?? String}
        formatAxis={all[0]?.formatShort ?? String}
        height={height}
        compact={compact}
        onPick={onPeople && hasPeople ? pick : undefined}
        onZoom={onChange ? zoom : undefined}
      />
    </Drawn>
  );
}

/** A distribution over the whole range: the bins stand side by side. */
function Bins({ query, result, height, compact = false, hidden, onHide, onPeople }: ChartProps<Query, Result>) {
  const { bins, lines, of } = useMemo(() => byBin(query, result), [query, result]);
  const pick = (one: TimeSeries, bin: number) => {
    const line = of.get(one.key)?.[bin];
    const point = line && pointOf(line, undefined, line.peopleTotal);
    if (point) onPeople?.(point);
  };
  const shown = lines.filter((one) => !hidden.has(one.key)).map(({ key, name, slot, values }) => ({ key, name, slot, values }));
  return (
    <Drawn {...{ all: lines, hidden, onHide }} isPickable={false}>
      <TimeChart
        buckets={bins}
        series={shown}
        as="bar"
        format={lines[0]?.format ?? String}
        formatAxis={lines[0]?.formatShort ?? String}
        height={height}
        compact={compact}
        onPick={onPeople ? pick : undefined}
      />
    </Drawn>
  );
}

interface DrawnProps {
  all: Line[];
  hidden: ReadonlySet<string>;
  onHide: ((key: string) => void) | undefined;
  isPickable: boolean;
  children: ReactNode;
}

function Drawn({ all, hidden, onHide, isPickable, children }: DrawnProps) {
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      {children}
      {onHide && (all.length > 1 || isPickable) ? (
        <Legend
          entries={all.map((one) => ({
            key: one.key,
            name: one.name,
            slot: one.slot,
            amount: one.total === null ? "no value" : one.format(one.total),
          }))}
          hidden={hidden}
          onToggle={onHide}
        />
      ) : null}
    </div>
  );
}

function Figure({ query, result, height, compact = false, onPeople }: ChartProps<Query, Result>) {
  const [first] = drawnLines(query, result);
  if (!first) return null;
  const was = first.past?.total ?? null;
  const words = `${result.formulas ? "" : `${measureWords(query.measure)}, `}${first.name}, ${rangeWords(query.range)}`;
  const point = pointOf(first, undefined, first.peopleTotal);
  return (
    <BigNumber
      figure={first.total === null ? "no value" : first.format(first.total)}
      words={words}
      change={first.total !== null && was !== null ? changeWords(first.total, was, first.format, compareWords(query.compare)) : undefined}
      height={height}
      compact={compact}
      onPick={onPeople && point ? () => onPeople(point) : undefined}
    />
  );
}
