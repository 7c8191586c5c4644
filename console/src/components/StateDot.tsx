import type { ReactNode } from "react";
import classes from "./values.module.css";

export type StateTone = "good" | "warn" | "bad" | "idle";

interface Props {
  tone: StateTone;
  /** The state in words: colour alone tells nothing to many. */
  children: ReactNode;
  pulse?: boolean;
}

export function StateDot({ tone, children, pulse = false }: Props) {
  return (
    <span className={classes.state}>
      <span
        aria-hidden
        className={[classes.dot, tone === "idle" ? "" : classes[tone], pulse ? classes.pulse : ""].join(" ")}
      />
      {children}
    </span>
  );
}
