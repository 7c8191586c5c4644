import { Sprout } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { LifecycleChart } from "./Chart";
import { LifecycleEditor } from "./Editor";
import { fitInterval } from "../trend/model";
import { describe, pointWords, STATES, table } from "./model";
import { says } from "./says";

export const lifecycle: InsightKind<QueryOf<"lifecycle">> = {
  label: "Lifecycle",
  words: "Who is new, who stays, who comes back, who leaves",
  icon: Sprout,
  charts: ["bar", "line", "table"],
  blank: () => ({ kind: "lifecycle", range: { last_days: 30 }, interval: "week", event: { event: "_active" } }),
  Editor: LifecycleEditor,
  Chart: LifecycleChart,
  table,
  fit: (query, days) => ({ ...query, interval: fitInterval(query.interval, days) }),
  isOverTime: (_, chart) => chart !== "table",
  says,
  describe,
  isEmpty: (result) => result.counts.every((counts) => STATES.every((state) => counts[state] === 0)),
  hasLegend: () => true,
  pointWords,
};
