import { useState, type ReactNode } from "react";
import classes from "./edit.module.css";

interface Props {
  /** Whether anything in it was chosen: then it begins unfolded. */
  used: boolean;
  children: ReactNode;
}

/** What few questions need: folded until asked for. */
export function More({ used, children }: Props) {
  const [begins] = useState(used);
  return (
    <details className={classes.more} open={begins}>
      <summary>More options</summary>
      <div className={classes.sentence}>{children}</div>
    </details>
  );
}
