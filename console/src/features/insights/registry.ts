// A new kind on the server fails this type check until the console can draw it.

import { funnel } from "./kinds/funnel";
import { retention } from "./kinds/retention";
import { trend } from "./kinds/trend";
import type { InsightKind } from "./kind";
import type { InsightQuery, Kind } from "./model";

export const INSIGHT_KINDS = { trend, funnel, retention } satisfies {
  [K in Kind]: InsightKind<Extract<InsightQuery, { kind: K }>>;
};

/** The kind of a question. Its functions are only ever given questions and answers of that kind. */
export function kindOf(kind: Kind): InsightKind<InsightQuery> {
  return INSIGHT_KINDS[kind] as unknown as InsightKind<InsightQuery>;
}
