import { Route } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { PathsChart } from "./Chart";
import { PathsEditor } from "./Editor";
import { describe, pointWords, table } from "./model";
import { says } from "./says";

export const paths: InsightKind<QueryOf<"paths">> = {
  label: "Paths",
  words: "What people do after an event, before one, or between two",
  icon: Route,
  charts: ["flow", "table"],
  blank: () => ({ kind: "paths", range: { last_days: 30 }, start: { event: "" }, columns_max: 5, collapse_repeats: true }),
  Editor: PathsEditor,
  Chart: PathsChart,
  table,
  says,
  describe,
  isEmpty: (result) => result.paths === 0,
  hasLegend: () => false,
  pointWords,
};
