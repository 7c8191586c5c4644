import { useMemo } from "react";
import { FunnelBars, type FunnelBar } from "../../../../charts/FunnelBars";
import { Legend } from "../../../../charts/Legend";
import { formatNumber, formatPercent } from "../../../../lib/format";
import type { ChartProps } from "../../kind";
import { selectorName } from "../../model";
import { bars, type Query, type Result } from "./model";

export function FunnelChart(props: ChartProps<Query, Result>) {
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
