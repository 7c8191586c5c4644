// Whether people are counted, or the groups (companies, accounts) that events belong to.

import { useQuery } from "@tanstack/react-query";
import { propertiesQuery } from "../../../api/queries/eventSchema";
import { MenuChip, Word } from "../edit/Chip";
import classes from "../edit/edit.module.css";
import type { InsightQuery } from "../model";
import { groupTypes, groupTypeWords, mayCountGroups } from "./groups";

interface Props {
  query: InsightQuery;
  onChange: (query: InsightQuery) => void;
}

/** Offered where events that name a group were really seen. */
export function CountedLine({ query, onChange }: Props) {
  const seen = groupTypes(useQuery(propertiesQuery(undefined)).data ?? []);
  const chosen = query.count_by ?? "";
  const types = chosen === "" || seen.includes(chosen) ? seen : [chosen, ...seen];
  if (!mayCountGroups(query) || types.length === 0) return null;
  const options = [{ value: "", label: "people" }, ...types.map((type) => ({ value: type, label: groupTypeWords(type) }))];
  return (
    <div className={classes.sentence} style={{ marginTop: 10 }}>
      <div className={classes.line}>
        <Word>Counted by</Word>
        <MenuChip
          what="Counted by"
          value={chosen}
          options={options}
          onChange={(type) => onChange(type === "" ? { ...query, count_by: undefined } : { ...query, count_by: type, traits_as_of: undefined })}
        />
      </div>
    </div>
  );
}
