import { HandCoins } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { LifetimeChart } from "./Chart";
import { LifetimeEditor } from "./Editor";
import { paymentsOf } from "../revenue/model";
import { describe, pointWords, table } from "./model";
import { says } from "./says";

export const lifetime: InsightKind<QueryOf<"lifetime">> = {
  label: "Lifetime value",
  words: "What new people have paid by each day since they came",
  icon: HandCoins,
  charts: ["line", "bar", "table"],
  blank: (seen) => ({ kind: "lifetime", range: { last_days: 90 }, measure: "arpu", ...paymentsOf(seen) }),
  Editor: LifetimeEditor,
  Chart: LifetimeChart,
  table,
  says,
  describe,
  isEmpty: (result) => result.people === 0,
  hasLegend: () => false,
  pointWords,
};
