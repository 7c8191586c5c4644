import { describe, expect, it } from "vitest";
import { groupTypes, groupTypeWords, mayCountGroups, unitWords } from "./groups";

describe("groups instead of people", () => {
  it("are offered by what events were seen to name, never by traits or properties of that name", () => {
    const seen = [
      { name: "groups.company", of: "context" },
      { name: "groupId", of: "context" },
      { name: "groups.team", of: "context" },
      { name: "groups.secret", of: "event" },
      { name: "page.path", of: "context" },
    ] as unknown as Parameters<typeof groupTypes>[0];
    expect(groupTypes(seen)).toEqual(["group_id", "company", "team"]);
    expect(groupTypes(seen.slice(3))).toEqual([]);
  });

  it("are counted in some kinds only, and named so", () => {
    const range = { last_days: 7 };
    const trend = { kind: "trend" as const, range, events: [{ event: "A" }] };
    expect(mayCountGroups(trend)).toBe(true);
    expect(mayCountGroups({ kind: "composition", range, property: { property: "plan" } })).toBe(false);
    expect(unitWords(trend)).toEqual(["person", "people"]);
    expect(unitWords({ ...trend, count_by: "company" })).toEqual(["group", "groups"]);
    expect(groupTypeWords("company")).toBe("groups: company");
  });
});
