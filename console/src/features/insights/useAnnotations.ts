import { useQuery } from "@tanstack/react-query";
import { annotationsQuery, type Annotation } from "../../api/queries/annotations";

const NONE: Annotation[] = [];

/** What was noted, for charts over time; a card has no room for it. */
export function useAnnotations(compact: boolean): Annotation[] {
  return useQuery({ ...annotationsQuery, enabled: !compact }).data ?? NONE;
}
