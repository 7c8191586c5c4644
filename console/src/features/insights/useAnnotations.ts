import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { annotationsQuery, releasesQuery, type Annotation, type Release } from "../../api/queries/annotations";

/** Words at a moment. */
export interface Noted {
  at: string;
  text: string;
}

const NONE: Noted[] = [];

export function releaseNoted({ app, version, at }: Release): Noted {
  return { at, text: app ? `${app} ${version}` : `Version ${version}` };
}

/** What was noted and which releases there were, for charts over time; a card has no room for them. */
export function useAnnotations(compact: boolean): readonly Noted[] {
  const notes: Annotation[] | undefined = useQuery({ ...annotationsQuery, enabled: !compact }).data;
  const releases = useQuery({ ...releasesQuery, enabled: !compact }).data;
  return useMemo(() => (compact ? NONE : [...(notes ?? []), ...(releases ?? []).map(releaseNoted)]), [compact, notes, releases]);
}
