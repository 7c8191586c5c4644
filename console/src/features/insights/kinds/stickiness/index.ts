import { CalendarCheck } from "lucide-react";
import type { InsightKind } from "../../kind";
import type { QueryOf } from "../../model";
import { StickinessChart } from "./Chart";
import { StickinessEditor } from "./Editor";
import { describe, pointWords, table } from "./model";
import { says } from "./says";

export const stickiness: InsightKind<QueryOf<"stickiness">> = {
  label: "Stickiness",
  words: "On how many days of a week or month people do something",
  icon: CalendarCheck,
  charts: ["bar", "table"],
  blank: () => ({ kind: "stickiness", range: { last_days: 90 }, event: { event: "_active" } }),
  Editor: StickinessEditor,
  Chart: StickinessChart,
  table,
  says,
  describe,
  isEmpty: (result) => result.people === 0,
  hasLegend: () => true,
  pointWords,
};
