import { Button } from "@mantine/core";
import { useMemo } from "react";
import { FunnelBars, type FunnelBar } from "../../../../charts/FunnelBars";
import { Legend } from "../../../../charts/Legend";
import { TimeChart } from "../../../../charts/TimeChart";
import { EmptyState } from "../../../../components/EmptyState";
import { formatCompact, formatNumber, formatPercent } from "../../../../lib/format";
import { useTimeZone } from "../../../../lib/timeZone";
import type { ChartProps } from "../../kind";
import { selectorName } from "../../model";
import { useAnnotations } from "../../useAnnotations";
import { buckets } from "../trend/model";
import { bars, conversionLines, timeBinWords, unitWords, windowWords, type Query, type Result } from "./model";

export function FunnelChart(props: ChartProps<Query, Result>) {
  if (props.chart === "line") return <OverTime {...props} />;
  return props.chart === "times" ? <Times {...props} /> : <Steps {...props} />;
}

function Steps(props: ChartProps<Query, Result>) {
  const { query, result, height, compact = false, hidden, onHide, onPeople } = props;
  const all = useMemo(() => bars(result), [result]);
  const shown = all.filter((bar) => !hidden.has(bar.key));
  const pick = (bar: FunnelBar, step: number, dropped: boolean) => {
    const group = bar.name === undefined ? {} : { group: bar.name };
    const outcome = dropped ? { outcome: "dropped_off" as const } : {};
    onPeople?.({ step: step + 1, ...outcome, ...group });
  };
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      <FunnelBars
        steps={query.steps.map(selectorName)}
        unit={unitWords(query).toLowerCase()}
        bars={shown}
        height={height}
        compact={compact}
        formatCount={formatNumber}
        formatShare={(part) => formatPercent(part)}
        onPick={onPeople ? pick : undefined}
      />
      {onHide && all.length > 1 ? (
        <Legend
          entries={all.map((bar) => ({
            key: bar.key,
            name: bar.name ?? bar.key,
            slot: bar.slot,
            amount: formatPercent(bar.steps.at(-1)?.fromStart ?? 0),
          }))}
          hidden={hidden}
          onToggle={onHide}
        />
      ) : null}
    </div>
  );
}

/** From the first step to the last, by the interval of entry. */
function OverTime({ query, result, height, compact = false, hidden, onHide, onPeople, onChange }: ChartProps<Query, Result>) {
  const timeZone = useTimeZone();
  const noted = useAnnotations(compact);
  const all = useMemo(() => conversionLines(result), [result]);
  const times = useMemo(
    () => buckets({ buckets: result.buckets ?? [], interval: query.interval ?? "day" }, timeZone, noted),
    [result, query.interval, timeZone, noted],
  );
  if (!result.buckets) {
    return (
      <Missing title="By which interval of entry?" action={onChange ? () => onChange({ ...query, interval: "day" }) : undefined} words="By day" />
    );
  }
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      <TimeChart
        buckets={times}
        series={all.filter((one) => !hidden.has(one.key))}
        as="line"
        format={(value) => formatPercent(value)}
        formatAxis={(value) => `${Number((value * 100).toFixed(1))}%`}
        parts
        height={height}
        compact={compact}
        onPick={
          onPeople
            ? (one, bucket) => {
                const line = all.find((other) => other.key === one.key);
                const label = result.buckets?.[bucket]?.label;
                if (!line || label === undefined || (line.people[bucket] ?? 0) === 0) return;
                onPeople({ step: query.steps.length, bucket: label, ...(line.group === undefined ? {} : { group: line.group }) });
              }
            : undefined
        }
      />
      {onHide && all.length > 1 ? (
        <Legend entries={all.map((one) => ({ key: one.key, name: one.name, slot: one.slot, amount: "" }))} hidden={hidden} onToggle={onHide} />
      ) : null}
    </div>
  );
}

/** How long those took who converted. */
function Times({ query, result, height, compact = false, onPeople, onChange }: ChartProps<Query, Result>) {
  const bins = result.overall.time_distribution;
  if (!bins) {
    return (
      <Missing title="The times are not asked for" action={onChange ? () => onChange({ ...query, time_bins: {} }) : undefined} words="Show how long it took" />
    );
  }
  return (
    <TimeChart
      buckets={bins.map((bin) => ({ short: windowWords(bin.from_seconds), long: timeBinWords(bin), partial: false }))}
      series={[{ key: "times", name: unitWords(query), slot: 0, values: bins.map((bin) => bin.count) }]}
      as="bar"
      format={formatNumber}
      formatAxis={formatCompact}
      height={height}
      compact={compact}
      onPick={
        onPeople
          ? (_, index) => {
              const bin = bins[index];
              if (!bin || bin.people === 0) return;
              const { from_seconds, to_seconds } = bin;
              onPeople({ step: query.steps.length, time: { from_seconds, to_seconds } });
            }
          : undefined
      }
    />
  );
}

function Missing({ title, action, words }: { title: string; action: (() => void) | undefined; words: string }) {
  return (
    <EmptyState title={title}>
      {action ? (
        <Button size="xs" variant="default" onClick={action}>
          {words}
        </Button>
      ) : null}
    </EmptyState>
  );
}
