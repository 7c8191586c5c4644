import type { Schema } from "../../api/client";
import classes from "./people.module.css";

interface Named {
  id: number;
  name?: string | null;
  mainId?: Schema<"MainId"> | null;
}

/** What to call a person: the name, else the main identifier, else the number. */
export function personWords(person: Named): string {
  return person.name ?? person.mainId?.value ?? `Person ${person.id}`;
}

/** One or two letters; for an identifier that is no name, a sign that it is not one. */
export function letters(person: Named): string {
  const words = (person.name ?? "").split(/\s+/).filter((word) => word !== "");
  if (words.length > 0) return words.slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  const id = person.mainId;
  if (id && id.type !== "anonymous_id") return (/[\p{L}\p{N}]/u.exec(id.value)?.[0] ?? "?").toUpperCase();
  return "?";
}

interface Props {
  person: Named;
  size?: "large";
}

export function PersonName({ person, size }: Props) {
  const id = person.mainId;
  return (
    <span className={classes.person} data-size={size}>
      <span className={classes.avatar} aria-hidden data-nobody={letters(person) === "?" || undefined}>
        {letters(person)}
      </span>
      <span className={classes.names}>
        <span className={person.name ? classes.name : `${classes.name} ${classes.plain}`} title={personWords(person)}>
          {personWords(person)}
        </span>
        {person.name && id ? (
          <span className={`mono ${classes.id}`} title={id.value}>
            {id.value}
          </span>
        ) : id && id.type === "anonymous_id" ? (
          <span className={classes.id}>anonymous</span>
        ) : null}
      </span>
    </span>
  );
}
