import { describe, expect, it } from "vitest";
import type { PeopleClause } from "../../../api/queries/cohorts";
import { askable, clauseWords, finishedClauses, KINDS, spanWords, withinWords, type ConditionKind } from "./model";

const names = (id: string) => (id === "c1" ? "Buyers" : "a cohort that was deleted");

describe("conditions on people in words", () => {
  it("read as a sentence", () => {
    const clause: PeopleClause = {
      any_of: [
        { kind: "performed", event: { event: "Order Completed" }, op: "greater_or_equal", count: 2, within: { last_days: 30 } },
        { kind: "in_cohort", cohort: "c1" },
      ],
    };
    expect(clauseWords(clause, names)).toBe("did Order Completed at least 2 times in the last 30 days or is in Buyers");
    const steps = [{ event: "Signup Started" }, { event: "Signup Completed" }];
    const sequence: PeopleClause = { not: true, any_of: [{ kind: "sequence", steps, in_seconds: 86_400 }] };
    expect(clauseWords(sequence, names)).toBe("not: did Signup Started, then Signup Completed within a day at any time");
  });

  it("name spans of time by their largest whole unit", () => {
    expect([1, 90, 3_600, 7_200, 7 * 86_400].map(spanWords)).toEqual(["a second", "90 seconds", "an hour", "2 hours", "7 days"]);
    expect(withinWords({ first_days: 1 })).toBe("within a day of the first event");
    expect(withinWords(undefined)).toBe("at any time");
  });
});

describe("what can be asked", () => {
  it("leaves out what is still to be chosen, of every kind", () => {
    for (const kind of Object.keys(KINDS) as ConditionKind[]) {
      const any_of = [KINDS[kind].blank()];
      const asks = kind === "active" || kind === "new";
      expect(finishedClauses([{ any_of }]), kind).toHaveLength(asks ? 1 : 0);
    }
    expect(askable([])).toBeUndefined();
    const chosen: PeopleClause = { any_of: [{ kind: "in_cohort", cohort: "c1" }, { kind: "in_cohort", cohort: "" }] };
    expect(askable([chosen])).toEqual({ clauses: [{ any_of: [{ kind: "in_cohort", cohort: "c1" }] }] });
  });
});
