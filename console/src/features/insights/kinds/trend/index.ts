import { ChartSpline } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { TrendChart } from "./Chart";
import { TrendEditor } from "./Editor";
import { compareWords, describe, figures, fitDays, isDistribution, pointWords, turnPast } from "./model";
import { says } from "./says";
import { table } from "./table";

export const trend: InsightKind<QueryOf<"trend">> = {
  label: "Trend",
  words: "How much of something happened over time",
  icon: ChartSpline,
  charts: ["line", "area", "stacked", "bar", "table", "number"],
  blank: () => ({ kind: "trend", range: { last_days: 30 }, events: [{ event: "" }] }),
  Editor: TrendEditor,
  Chart: TrendChart,
  table,
  past: { words: (query) => compareWords(query.compare) || undefined, turn: turnPast },
  fit: fitDays,
  isOverTime: (query, chart) => !(isDistribution(query) && chart === "bar") && chart !== "table" && chart !== "number",
  says,
  figures,
  describe,
  isEmpty: (result) => result.series.every((one) => one.people_total === 0),
  hasLegend: (result) => (result.formulas ?? result.series).length > 1,
  pointWords,
};
