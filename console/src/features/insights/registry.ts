// A new kind on the server fails this type check until the console can draw it.

import { composition } from "./kinds/composition";
import { funnel } from "./kinds/funnel";
import { lifecycle } from "./kinds/lifecycle";
import { lifetime } from "./kinds/lifetime";
import { paths } from "./kinds/paths";
import { retention } from "./kinds/retention";
import { revenue } from "./kinds/revenue";
import { sessions } from "./kinds/sessions";
import { stickiness } from "./kinds/stickiness";
import { trend } from "./kinds/trend";
import type { InsightKind } from "./kind";
import type { InsightQuery, Kind } from "./model";

export const INSIGHT_KINDS = { trend, funnel, retention, paths, lifecycle, stickiness, sessions, revenue, lifetime, composition } satisfies {
  [K in Kind]: InsightKind<Extract<InsightQuery, { kind: K }>>;
};

/** The kind of a question. Its functions are only ever given questions and answers of that kind. */
export function kindOf(kind: Kind): InsightKind<InsightQuery> {
  return INSIGHT_KINDS[kind] as unknown as InsightKind<InsightQuery>;
}
