import { ChartBarDecreasing } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { CompositionChart } from "./Chart";
import { CompositionEditor } from "./Editor";
import { describe, pointWords, table } from "./model";
import { says } from "./says";

export const composition: InsightKind<QueryOf<"composition">> = {
  label: "Composition",
  words: "How active people are spread over the values of a property",
  icon: ChartBarDecreasing,
  charts: ["bar", "table"],
  blank: () => ({ kind: "composition", range: { last_days: 30 }, property: { property: "" } }),
  Editor: CompositionEditor,
  Chart: CompositionChart,
  table,
  says,
  describe,
  isEmpty: (result) => result.people === 0,
  hasLegend: () => false,
  pointWords,
};
