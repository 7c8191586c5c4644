import { Timer } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { SessionsChart } from "./Chart";
import { SessionsEditor } from "./Editor";
import { fitInterval } from "../trend/model";
import { describe, measureOf, pointWords, table } from "./model";
import { says } from "./says";

export const sessions: InsightKind<QueryOf<"sessions">> = {
  label: "Sessions",
  words: "How many sessions there are, how long they last, who leaves at once",
  icon: Timer,
  charts: ["line", "bar", "table"],
  blank: () => ({ kind: "sessions", range: { last_days: 30 } }),
  Editor: SessionsEditor,
  Chart: SessionsChart,
  table,
  fit: (query, days) => ({ ...query, interval: fitInterval(query.interval, days) }),
  isOverTime: (query, chart) => measureOf(query) !== "lengths" && chart !== "table",
  says,
  describe,
  isEmpty: (result) => result.total.active === 0,
  hasLegend: () => false,
  pointWords,
};
