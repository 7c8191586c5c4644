import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { answerQuery, type InsightQuery } from "../../api/queries/insights";
import { useTimeZone } from "../../lib/timeZone";
import { isAskable } from "./model";
import { previousRange, todayIn } from "./range";

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

/** The answer to a question, and to the same about the period before. */
export function useAnswer(query: InsightQuery, compare: boolean, refreshMs?: number) {
  const timeZone = useTimeZone();
  const canAsk = isAskable(query);
  const answer = useQuery({ ...answerQuery(canAsk ? query : NOT_ASKED), enabled: canAsk, refetchInterval: refreshMs ?? false });
  const before = compare ? { ...query, range: previousRange(query.range, todayIn(timeZone)) } : NOT_ASKED;
  const past = useQuery({ ...answerQuery(before), enabled: compare && canAsk });
  const pastResult = compare && past.data?.query.kind === query.kind ? past.data.result : undefined;
  return { answer, past: pastResult, canAsk };
}
