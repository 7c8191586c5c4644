// Filters for several insights at once.

import { useState } from "react";
import { FilterChips } from "./edit/FilterChips";
import { conditions, filtersOf, isComparison, isSame, type Condition, type Selector } from "./model";

type Filters = NonNullable<Selector["filters"]>;

interface Props {
  value: Filters;
  onChange: (value: Filters) => void;
}

export function SharedFilters({ value, onChange }: Props) {
  // A condition without a value yet is only here.
  const [draft, setDraft] = useState<Condition[]>();
  const change = (next: Condition[]) => {
    const whole = next.filter((one) => !isComparison(one) || one.values.length > 0);
    setDraft(whole.length === next.length ? undefined : next);
    if (!isSame(whole, value)) onChange(filtersOf(whole));
  };
  return (
    <span style={{ display: "inline-flex", flexWrap: "wrap", gap: 6, alignItems: "center", flex: "none" }}>
      <FilterChips of="all insights" add="Filter all" event={undefined} filters={draft ?? conditions(value)} onChange={change} />
    </span>
  );
}
