import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { answerQuery, type InsightQuery } from "../../api/queries/insights";
import { isAskable } from "./model";

/** From the last edit to the question. */
const SETTLE_MS = 150;

/** The value as it was when nothing changed it for a while. */
export function useSettled<T>(value: T, same: (a: T, b: T) => boolean): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (same(value, settled)) return undefined;
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value, settled, same]);
  return settled;
}

const NOT_ASKED: InsightQuery = { kind: "trend", range: { last_days: 1 }, events: [] };

/** The answer to a question. */
export function useAnswer(query: InsightQuery, refreshMs?: number) {
  const canAsk = isAskable(query);
  const answer = useQuery({ ...answerQuery(canAsk ? query : NOT_ASKED), enabled: canAsk, refetchInterval: refreshMs ?? false });
  return { answer, canAsk };
}
