import { Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./EntryFrame.module.css";

interface Props {
  title: string;
  name: string;
  children: ReactNode;
}

/** The narrow page of everyone who is not signed in. */
export function EntryFrame({ title, name, children }: Props) {
  useDocumentTitle(`${name} · Sluice`);
  return (
    <main className={classes.page}>
      <div className={classes.box}>
        <img src="/favicon.svg" alt="Sluice" width={32} height={32} />
        <Title order={1}>{title}</Title>
        {children}
      </div>
    </main>
  );
}
