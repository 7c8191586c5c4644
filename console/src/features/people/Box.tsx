// A part of what is known of a person: a panel beside the timeline, on a narrow screen folded above it.

import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./people.module.css";

interface Props {
  id: string;
  title: string;
  /** What is in it, in a few words, for while it is folded. */
  brief: string;
  children: ReactNode;
}

export function Box({ id, title, brief, children }: Props) {
  const isNarrow = useMediaQuery("(max-width: 960px)", false, { getInitialValueInEffect: false });
  if (isNarrow) {
    return (
      <details className={`panel ${classes.box}`}>
        <summary className={classes.folded}>
          <strong>{title}</strong>
          <span className={classes.brief}>{brief}</span>
        </summary>
        {children}
      </details>
    );
  }
  return (
    <section className={`panel ${classes.box}`} aria-labelledby={id}>
      <h2 id={id} className={classes.title}>
        {title}
      </h2>
      {children}
    </section>
  );
}
