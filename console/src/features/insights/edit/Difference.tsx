import type { ReactNode } from "react";
import classes from "./edit.module.css";

/** How it is counted here, and where other tools count otherwise: folded until asked for. */
export function Difference({ children }: { children: ReactNode }) {
  return (
    <details className={classes.difference}>
      <summary>How this is counted, and where others differ</summary>
      <p>{children}</p>
    </details>
  );
}
