import { Filter } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { FunnelChart } from "./Chart";
import { FunnelEditor } from "./Editor";
import { bars, describe, figures, pointWords, table } from "./model";
import { says } from "./says";

export const funnel: InsightKind<QueryOf<"funnel">> = {
  label: "Funnel",
  words: "How many people get from one step to the next",
  icon: Filter,
  charts: ["funnel", "line", "times", "table"],
  blank: () => ({
    kind: "funnel",
    range: { last_days: 30 },
    steps: [{ event: "" }, { event: "" }],
    window_seconds: 7 * 86_400,
  }),
  Editor: FunnelEditor,
  Chart: FunnelChart,
  table,
  suit: (query, chart) => {
    if (chart === "line" && !query.interval) return { ...query, interval: "day" };
    return chart === "times" && !query.time_bins ? { ...query, time_bins: {} } : query;
  },
  isOverTime: (_, chart) => chart === "line",
  says,
  figures,
  describe,
  isEmpty: (result) => (result.overall.steps[0]?.count ?? 0) === 0,
  hasLegend: (result) => bars(result).length > 1,
  pointWords,
};
