import type { ReactNode } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { Page } from "./Page";
import { QueryView } from "./QueryView";

interface Props<T> {
  query: UseQueryResult<T>;
  /** What the page is about, for its title until that comes with the data: "Insight". */
  name: string;
  failed: string;
  loading: ReactNode;
  /** The whole page. */
  children: (data: T) => ReactNode;
}

/** A page that has its title from its data; while they are awaited, or fail to come, it is one all the same. */
export function QueryPage<T>({ name, children, ...view }: Props<T>) {
  if (view.query.data !== undefined) return children(view.query.data);
  return (
    <Page name={name} title={name}>
      <QueryView {...view}>{children}</QueryView>
    </Page>
  );
}
