// Conditions on people, in words and as they begin.

import type { CohortDefinition, PeopleClause, PeopleCondition } from "../../../api/queries/cohorts";
import type { Schema } from "../../../api/client";
import { conditions, conditionWords, filtersOf, isComparison, selectorName, type Condition, type Selector } from "../model";
import { rangeWords } from "../range";

export type Within = Schema<"Within">;
export type Compare = Schema<"Compare">;
export type ConditionKind = PeopleCondition["kind"];
export type ConditionOf<K extends ConditionKind> = Extract<PeopleCondition, { kind: K }>;

export const COMPARE: Record<Compare, string> = {
  greater_or_equal: "at least",
  greater: "more than",
  is: "exactly",
  is_not: "not exactly",
  less: "fewer than",
  less_or_equal: "at most",
};

/** What each kind of condition is called in a menu, and how it begins. */
export const KINDS: Record<ConditionKind, { label: string; blank: () => PeopleCondition }> = {
  performed: { label: "did an event", blank: () => ({ kind: "performed", event: blank(), op: "greater_or_equal", count: 1, within: lately() }) },
  performed_more: { label: "did one event more often than another", blank: () => ({ kind: "performed_more", event: blank(), op: "greater", than: blank(), within: lately() }) },
  on_days: { label: "did an event on several days", blank: () => ({ kind: "on_days", event: blank(), op: "greater_or_equal", days: 2, within: lately() }) },
  sequence: { label: "did events in order", blank: () => ({ kind: "sequence", steps: [blank(), blank()], in_seconds: 7 * 86_400, within: lately() }) },
  occurrence: { label: "did an event for the nth time", blank: () => ({ kind: "occurrence", event: blank(), number: 1, within: lately() }) },
  sum: { label: "has a sum of a property", blank: () => ({ kind: "sum", event: blank(), property: { property: "", of: "event" }, op: "greater_or_equal", value: 1, within: lately() }) },
  distinct_values: { label: "has several values of a property", blank: () => ({ kind: "distinct_values", event: blank(), property: { property: "", of: "event" }, op: "greater_or_equal", count: 2, within: lately() }) },
  property: { label: "has a property or trait", blank: () => ({ kind: "property", filter: {}, at: "most_recently" }) },
  active: { label: "was active", blank: () => ({ kind: "active", within: lately() }) },
  new: { label: "was new", blank: () => ({ kind: "new", within: lately() }) },
  in_cohort: { label: "is in a cohort", blank: () => ({ kind: "in_cohort", cohort: "" }) },
};

function blank(): Selector {
  return { event: "" };
}

function lately(): Within {
  return { last_days: 30 };
}

export function inCohort(cohort: string): PeopleClause {
  return { any_of: [{ kind: "in_cohort", cohort }] };
}

export function withinWords(within: Within | null | undefined): string {
  if (!within) return "at any time";
  if ("since" in within) return `since ${within.since}`;
  if ("first_days" in within) {
    return within.first_days === 1 ? "within a day of the first event" : `within ${within.first_days} days of the first event`;
  }
  if ("last_days" in within) return `in the ${rangeWords(within)}`;
  return `from ${within.start} to ${within.end}`;
}

const SPANS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

export function spanWords(seconds: number): string {
  const [unit, length] = SPANS.find(([, length]) => seconds % length === 0) ?? ["second", 1];
  const count = seconds / length;
  return count === 1 ? (unit === "hour" ? "an hour" : `a ${unit}`) : `${count} ${unit}s`;
}

/** The document of the API calls a condition on a property a plain object. */
export function heldFilter(condition: ConditionOf<"property">): Condition | undefined {
  const filter = condition.filter as unknown as Condition;
  return Object.keys(filter).length === 0 ? undefined : filter;
}

export function withFilter(condition: ConditionOf<"property">, filter: Condition): ConditionOf<"property"> {
  return { ...condition, filter: filter as unknown as ConditionOf<"property">["filter"] };
}

function event(selector: Selector): string {
  const filters = conditions(selector.filters).map(conditionWords);
  const name = selector.event === "" ? "an event" : selectorName(selector);
  return filters.length === 0 ? name : `${name} where ${filters.join(" and ")}`;
}

function times(op: Compare | undefined, count: number): string {
  return `${COMPARE[op ?? "greater_or_equal"]} ${count === 1 ? "once" : `${count} times`}`;
}

/** `did Order Completed at least once in the last 30 days` */
export function peopleWords(condition: PeopleCondition, cohortName: (id: string) => string): string {
  const when = "within" in condition ? ` ${withinWords(condition.within)}` : " at any time";
  switch (condition.kind) {
    case "performed":
      return `did ${event(condition.event)} ${times(condition.op, condition.count ?? 1)}${when}`;
    case "performed_more":
      return `did ${event(condition.event)} ${MORE[condition.op ?? "greater"]} ${event(condition.than)}${when}`;
    case "on_days":
      return `did ${event(condition.event)} on ${COMPARE[condition.op ?? "greater_or_equal"]} ${condition.days} days${when}`;
    case "sequence": {
      const span = condition.in_seconds ? ` within ${spanWords(condition.in_seconds)}` : "";
      return `did ${condition.steps.map(event).join(", then ")}${span}${when}`;
    }
    case "occurrence":
      return `did ${event(condition.event)} for the ${ordinal(condition.number)} time${when}`;
    case "sum":
      return `has a sum of ${condition.property.property} of ${event(condition.event)} of ${COMPARE[condition.op ?? "greater_or_equal"]} ${condition.value}${when}`;
    case "distinct_values":
      return `has ${COMPARE[condition.op ?? "greater_or_equal"]} ${condition.count} values of ${condition.property.property} of ${event(condition.event)}${when}`;
    case "property": {
      const filter = heldFilter(condition);
      const words = filter ? conditionWords(filter) : "a property";
      if (condition.at === "now") return `has ${words} now`;
      return condition.at === "most_recently" ? `had ${words} most recently${when}` : `had ${words}${when}`;
    }
    case "active":
      return `was active${when}`;
    case "new":
      return `was new${when}`;
    case "in_cohort":
      return `is in ${cohortName(condition.cohort)}`;
  }
}

export const MORE: Record<Compare, string> = {
  greater: "more often than",
  greater_or_equal: "at least as often as",
  is: "exactly as often as",
  is_not: "not as often as",
  less: "less often than",
  less_or_equal: "at most as often as",
};

export function ordinal(number: number): string {
  return ["first", "second", "third", "fourth", "fifth"][number - 1] ?? `${number}th`;
}

/** A clause in one line. */
export function clauseWords(clause: PeopleClause, cohortName: (id: string) => string): string {
  const words = clause.any_of.map((one) => peopleWords(one, cohortName)).join(" or ");
  return clause.not ? `not: ${words}` : words;
}

function isChosen(selector: Selector): boolean {
  return (selector.event ?? "") !== "" || (selector.any_of ?? []).length > 0;
}

/** Whether all that must be chosen is chosen. */
export function isComplete(condition: PeopleCondition): boolean {
  switch (condition.kind) {
    case "performed":
    case "occurrence":
    case "on_days":
      return isChosen(condition.event);
    case "performed_more":
      return isChosen(condition.event) && isChosen(condition.than);
    case "sum":
    case "distinct_values":
      return isChosen(condition.event) && condition.property.property !== "";
    case "sequence":
      return condition.steps.length > 1 && condition.steps.every(isChosen);
    case "property": {
      const filter = heldFilter(condition);
      return filter !== undefined && (!isComparison(filter) || filter.values.length > 0);
    }
    case "in_cohort":
      return condition.cohort !== "";
    case "active":
    case "new":
      return true;
  }
}

/** Without conditions in which something is still to be chosen. */
export function finishedClauses(clauses: readonly PeopleClause[] | undefined): PeopleClause[] {
  const whole = (selector: Selector): Selector => ({
    ...selector,
    filters: filtersOf(conditions(selector.filters).filter((one) => !isComparison(one) || one.values.length > 0)),
  });
  const condition = (one: PeopleCondition): PeopleCondition => {
    if (one.kind === "sequence") return { ...one, steps: one.steps.map(whole) };
    if (one.kind === "performed_more") return { ...one, event: whole(one.event), than: whole(one.than) };
    return "event" in one ? { ...one, event: whole(one.event) } : one;
  };
  return (clauses ?? [])
    .map((clause) => ({ ...clause, any_of: clause.any_of.filter(isComplete).map(condition) }))
    .filter((clause) => clause.any_of.length > 0);
}

/** What can be asked of it now; nothing if all is still to be chosen. */
export function askable(clauses: readonly PeopleClause[]): CohortDefinition | undefined {
  const whole = finishedClauses(clauses);
  return whole.length > 0 ? { clauses: whole } : undefined;
}

/** What a definition says of everybody in it, in one line. */
export function definitionWords(definition: CohortDefinition, cohortName: (id: string) => string): string {
  return definition.clauses.map((clause) => clauseWords(clause, cohortName)).join("; and ");
}
