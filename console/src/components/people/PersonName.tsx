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

/** Ids longer than this are made by machines: nobody knows anybody by one. */
const KNOWN_ID_MAX = 24;

/** For a title: a long id by its beginning and end. */
export function personTitle(person: Named): string {
  const words = personWords(person);
  return person.name || words.length <= KNOWN_ID_MAX ? words : `${kindWords(person)} ${words.slice(0, 8)}…${words.slice(-4)}`;
}

/** What kind of person somebody without a name is. */
function kindWords(person: Named): string {
  const type = person.mainId?.type ?? "";
  return type === "user_id" ? "User" : type === "anonymous_id" ? "Visitor" : "Device";
}

/** One or two letters; for an identifier that is no name, a sign that it is not one. */
export function letters(person: Named): string {
  const words = (person.name ?? "").split(/\s+/).filter((word) => word !== "");
  if (words.length > 0) return words.slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  const id = person.mainId;
  if (id && id.value.length <= KNOWN_ID_MAX && id.type !== "anonymous_id") return (/[\p{L}\p{N}]/u.exec(id.value)?.[0] ?? "?").toUpperCase();
  return "?";
}

export function PersonName({ person }: { person: Named }) {
  const id = person.mainId;
  return (
    <span className={classes.person}>
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
        ) : id ? (
          <span className={classes.id}>{id.type === "anonymous_id" ? "anonymous" : id.type}</span>
        ) : null}
      </span>
    </span>
  );
}
