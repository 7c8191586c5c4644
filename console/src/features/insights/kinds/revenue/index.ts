import { Banknote } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { RevenueChart } from "./Chart";
import { RevenueEditor } from "./Editor";
import { fitInterval } from "../trend/model";
import { describe, drawn, figures, paymentsOf, pointWords, table } from "./model";
import { says } from "./says";

export const revenue: InsightKind<QueryOf<"revenue">> = {
  label: "Revenue",
  words: "What people pay over time, by product or type",
  icon: Banknote,
  charts: ["line", "bar", "table"],
  blank: (seen) => ({ kind: "revenue", range: { last_days: 30 }, ...paymentsOf(seen) }),
  Editor: RevenueEditor,
  Chart: RevenueChart,
  table,
  fit: (query, days) => ({ ...query, interval: fitInterval(query.interval, days) }),
  isOverTime: (_, chart) => chart !== "table",
  says,
  figures,
  describe,
  isEmpty: (result) => result.overall.total.payments === 0,
  hasLegend: (result) => drawn(result).length > 1,
  pointWords,
};
