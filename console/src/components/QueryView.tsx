import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState } from "./ErrorState";
import { TableSkeleton } from "./Skeletons";

interface Props<T> {
  query: UseQueryResult<T>;
  /** What failed, if it fails: "The sources could not be read". */
  failed: string;
  loading?: ReactNode;
  /** Shown instead of the data if `isEmpty` says so. */
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ReactNode;
}

/** The four faces of a data view: loading, error, empty, data. Old data stays while newer comes. */
export function QueryView<T>({ query, failed, loading, empty, isEmpty, children }: Props<T>) {
  if (query.data === undefined) {
    if (query.isError) {
      return (
        <ErrorState title={failed} error={query.error} onRetry={() => void query.refetch()} />
      );
    }
    return loading ?? <TableSkeleton />;
  }
  if (empty !== undefined && isEmpty?.(query.data)) return empty;
  return children(query.data);
}
