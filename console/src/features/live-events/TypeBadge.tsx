import classes from "./live.module.css";

/** The type of a call. Without colour: colour tells states here. */
export function TypeBadge({ type }: { type: string | null | undefined }) {
  return <span className={classes.type}>{type ?? "unknown"}</span>;
}
