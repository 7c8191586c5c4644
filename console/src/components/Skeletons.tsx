// What stands in for data until it comes: the shape of the real thing, after 150 ms.

import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./states.module.css";

/** Shows its children only if they are still needed after 150 ms. */
export function Waiting({ children }: { children: ReactNode }) {
  return (
    <div className={classes.skeleton} role="status" aria-label="Loading">
      {children}
    </div>
  );
}

export function TableSkeleton({ rows = 8, columns = 4 }: { rows?: number; columns?: number }) {
  return (
    <Waiting>
      <div className={classes.rows}>
        {Array.from({ length: rows }, (_, row) => (
          <div key={row} className={classes.row}>
            {Array.from({ length: columns }, (_, column) => (
              <Skeleton key={column} h={10} radius="sm" style={{ flex: column === 0 ? 2 : 1 }} />
            ))}
          </div>
        ))}
      </div>
    </Waiting>
  );
}

export function BlockSkeleton({ height = 160 }: { height?: number }) {
  return (
    <Waiting>
      <Skeleton h={height} radius="md" />
    </Waiting>
  );
}

export function TextSkeleton({ lines = 3 }: { lines?: number }) {
  return (
    <Waiting>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} h={10} my={10} radius="sm" w={line === lines - 1 ? "60%" : "100%"} />
      ))}
    </Waiting>
  );
}
