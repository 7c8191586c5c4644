import { useMemo } from "react";
import { Flow } from "../../../../charts/Flow";
import { formatNumber, formatPercent, plural } from "../../../../lib/format";
import type { ChartProps } from "../../kind";
import { selectorName } from "../../model";
import { flow, pointOf, type Query, type Result } from "./model";

const REACHED_HEIGHT = 28;

export function PathsChart({ query, result, height, compact = false, onPeople, onChange }: ChartProps<Query, Result>) {
  const columns = useMemo(() => flow(query, result), [query, result]);
  const totals = query.count === "totals";
  const total = totals ? result.paths : result.people;
  const { reached } = result;
  const drawn = reached && !compact ? height - REACHED_HEIGHT : height;
  const got = reached ? (totals ? reached.paths : reached.people) : 0;
  return (
    <div>
      {reached && query.end && !compact ? (
        <div style={{ height: REACHED_HEIGHT }}>
          <b>{formatPercent(total > 0 ? got / total : 0)}</b> of {plural(total, totals ? "path" : "person", totals ? "paths" : "people")} reached{" "}
          {selectorName(query.end)}: {formatNumber(got)}
        </div>
      ) : null}
      <Flow
        columns={columns}
        total={total}
        format={formatNumber}
        height={drawn}
        compact={compact}
        grows={onChange !== undefined}
        onPick={
          onPeople &&
          ((at) => {
            const point = pointOf(query, result, at);
            if (point) onPeople(point);
          })
        }
      />
    </div>
  );
}
