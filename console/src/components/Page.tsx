import { Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./Page.module.css";

interface Props {
  /** The question that the page answers, in words. */
  title: string;
  /** Short name for the browser's tab. */
  name: string;
  /** Beside the title, such as a state. */
  aside?: ReactNode;
  /** The one primary action. */
  action?: ReactNode;
  /** The row of filters under the title. */
  filters?: ReactNode;
  children: ReactNode;
}

export function Page({ title, name, aside, action, filters, children }: Props) {
  useDocumentTitle(`${name} · Sluice`);
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <Title order={1} className={classes.title}>
          {title}
        </Title>
        {aside}
        {action ? <div className={classes.action}>{action}</div> : null}
      </header>
      {filters ? <div className={classes.filters}>{filters}</div> : null}
      {children}
    </div>
  );
}
