// Which groups can be counted instead of people, by what events were seen to name.

import type { PropertyName } from "../../../api/queries/eventSchema";
import type { InsightQuery, Kind, QueryOf } from "../model";

/** Kinds of questions that may count groups. */
const GROUP_KINDS = ["trend", "funnel", "retention", "lifecycle", "stickiness"] as const satisfies readonly Kind[];

export type GroupQuery = QueryOf<(typeof GROUP_KINDS)[number]>;

export function mayCountGroups(query: InsightQuery): query is GroupQuery {
  return GROUP_KINDS.some((kind) => kind === query.kind);
}

/** Types of groups, as `count_by` names them: by the columns that an event's context has. */
export function groupTypes(properties: Pick<PropertyName, "name" | "of">[]): string[] {
  const names = properties.filter((one) => String(one.of) === "context").map((one) => one.name);
  const typed = names.filter((name) => name.startsWith("groups.")).map((name) => name.slice("groups.".length));
  return [...(names.includes("groupId") ? ["group_id"] : []), ...typed.sort()];
}

export function groupTypeWords(type: string): string {
  return type === "group_id" ? "groups" : `groups: ${type}`;
}

/** What a question counts, for one and for several. */
export function unitWords(query: { count_by?: string | null | undefined; kind: Kind }): [string, string] {
  return query.count_by ? ["group", "groups"] : ["person", "people"];
}

/** The same as the head of a column. */
export function unitTitle(query: { count_by?: string | null | undefined; kind: Kind }): string {
  return query.count_by ? "Groups" : "People";
}
