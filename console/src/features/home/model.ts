// The ledger as the page shows it: sums at the gate, one line per reader, and what needs somebody.

import type { Schema } from "../../api/client";
import type { StateTone } from "../../components/StateDot";
import { formatNumber, plural } from "../../lib/format";
import { reasonInWords } from "../../lib/reasons";

export type Ledger = Schema<"Ledger">;
type Delivery = Schema<"DeliveryStatus">;

export interface Part {
  label: string;
  count: number;
  tone: StateTone;
}

export interface Gate {
  received: number;
  parts: Part[];
  refusals: { reason: string; words: string; count: number }[];
  balances: boolean;
}

const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0);

/** Everything that came in, by what became of it at the gate. */
export function gateOf(ledger: Ledger): Gate {
  const of = (count: (source: Ledger["sources"][number]) => number) =>
    sum(ledger.sources.map(count));
  const byReason = new Map<string, number>();
  for (const source of ledger.sources) {
    for (const [reason, count] of Object.entries(source.refused)) {
      byReason.set(reason, (byReason.get(reason) ?? 0) + count);
    }
  }
  const refused = sum(byReason.values());
  return {
    received: of((source) => source.received) + ledger.waitingForPipeline,
    parts: [
      { label: "Accepted", count: of((source) => source.accepted), tone: "good" },
      { label: "Duplicate", count: of((source) => source.duplicate), tone: "idle" },
      { label: "Refused", count: refused, tone: "bad" },
      { label: "Waiting", count: ledger.waitingForPipeline, tone: "warn" },
    ],
    refusals: [...byReason]
      .map(([reason, count]) => ({ reason, words: reasonInWords(reason), count }))
      .sort((a, b) => b.count - a.count),
    balances: ledger.sources.every((source) => source.balances),
  };
}

export interface Reader {
  key: string;
  /** Absent for analytics. */
  destinationId?: string;
  sourceId?: string;
  accepted: number;
  parts: Part[];
  balances: boolean;
}

/** One line per reader of the accepted events: analytics, then each connection. */
export function readersOf(ledger: Ledger): Reader[] {
  const { analytics } = ledger;
  const lines: Reader[] = [
    {
      key: "analytics",
      accepted: analytics.accepted,
      balances: analytics.balances,
      parts: [
        { label: "Stored", count: analytics.stored, tone: "good" },
        { label: "Waiting", count: analytics.waiting, tone: "warn" },
        { label: "Erased", count: analytics.erased, tone: "idle" },
      ],
    },
  ];
  for (const connection of ledger.connections) {
    lines.push({
      key: connection.connectionId,
      destinationId: connection.destinationId,
      sourceId: connection.sourceId,
      accepted: connection.accepted,
      balances: connection.balances,
      parts: [
        { label: "Delivered", count: connection.delivered, tone: "good" },
        { label: "Filtered", count: sum(Object.values(connection.filtered)), tone: "idle" },
        { label: "Waiting", count: connection.waiting, tone: "warn" },
        { label: "Dead", count: sum(Object.values(connection.dead)), tone: "bad" },
        { label: "Erased", count: connection.erased, tone: "idle" },
        { label: "Expired", count: connection.expired, tone: "idle" },
      ],
    });
  }
  return lines;
}

export interface Need {
  key: string;
  tone: StateTone;
  title: string;
  words: string;
  destinationId?: string;
  /** Opens live events with this state. */
  state?: "refused";
}

/** What somebody has to look at, worst first. */
export function needsOf(
  ledger: Ledger,
  deliveries: readonly Delivery[],
  nameOf: (destinationId: string) => string,
): Need[] {
  const needs: Need[] = [];
  if (!ledger.balances) {
    needs.push({
      key: "balance",
      tone: "bad",
      title: "The ledger does not balance",
      words: "Counts of a part differ from what the log holds. The server's log says which.",
    });
  }
  for (const delivery of deliveries) {
    const name = nameOf(delivery.destinationId);
    const at = { destinationId: delivery.destinationId };
    if (delivery.state === "suspended" || delivery.state === "failed") {
      const words = delivery.reason ?? "It sends nothing until somebody looks at it.";
      needs.push({ key: `${delivery.connectionId} state`, tone: "bad", title: `${name} is stopped`, words, ...at });
    } else if (delivery.state === "breaker_open") {
      const words = delivery.reason ?? "Its peer fails. One request at a time finds out when it is back.";
      needs.push({ key: `${delivery.connectionId} state`, tone: "warn", title: `${name} does not answer`, words, ...at });
    }
    if (delivery.dead > 0) {
      const title = `${name} gave up on ${plural(delivery.dead, "event")}`;
      const words = delivery.lastError?.message ?? "They wait as dead letters and can be sent again.";
      needs.push({ key: `${delivery.connectionId} dead`, tone: "warn", title, words, ...at });
    }
  }
  const { refusals } = gateOf(ledger);
  const refused = sum(refusals.map((refusal) => refusal.count));
  const [first] = refusals;
  if (first) {
    const share = refusals.length > 1 ? `Most often (${formatNumber(first.count)}): ` : "";
    needs.push({
      key: "refused",
      tone: "warn",
      title: `${plural(refused, "event was", "events were")} refused`,
      words: share + first.words,
      state: "refused",
    });
  }
  return needs.sort((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
}
