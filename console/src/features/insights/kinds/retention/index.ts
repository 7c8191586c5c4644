import { Repeat } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { RetentionChart } from "./Chart";
import { RetentionEditor } from "./Editor";
import { curves, describe, figures, pointWords, table } from "./model";
import { says } from "./says";

export const retention: InsightKind<QueryOf<"retention">> = {
  label: "Retention",
  words: "How many people come back, and when",
  icon: Repeat,
  charts: ["grid", "line", "table"],
  blank: () => ({
    kind: "retention",
    range: { last_days: 30 },
    start: { event: "_new" },
    returning: { event: "_active" },
    periods: 14,
  }),
  Editor: RetentionEditor,
  Chart: RetentionChart,
  table,
  isTable: (query, chart) => chart === "grid" && !query.breakdown,
  says,
  figures,
  describe,
  isEmpty: (result) => result.overall.people === 0,
  hasLegend: (result) => curves(result).length > 1,
  pointWords,
};
