// How the server is, from what is public: whether it takes events, whether its account balances,
// and whether every destination runs.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { deliveriesQuery } from "./deliveries";
import { ledgerQuery } from "./ledger";

export const readyQuery = queryOptions({
  queryKey: ["ready"],
  queryFn: async ({ signal }): Promise<{ ready: boolean; words: string }> => {
    try {
      const response = await fetch("/health/ready", { signal });
      const words = (await response.text()).trim();
      return { ready: response.ok, words };
    } catch {
      return { ready: false, words: "The server does not answer." };
    }
  },
  refetchInterval: 5_000,
});

export interface Health {
  tone: "good" | "warn" | "bad" | "idle";
  words: string;
}

export function useHealth(): Health {
  const ready = useQuery(readyQuery).data;
  const ledger = useQuery(ledgerQuery).data;
  const deliveries = useQuery(deliveriesQuery).data;
  if (ready === undefined) return { tone: "idle", words: "Checking" };
  if (!ready.ready) return { tone: "bad", words: "Takes no events" };
  if (ledger?.balances === false) return { tone: "bad", words: "The ledger does not balance" };
  const troubled = new Set(
    deliveries
      ?.filter((delivery) => !["running", "disabled"].includes(delivery.state))
      .map((delivery) => delivery.destinationId),
  );
  if (troubled.size === 1) return { tone: "warn", words: "One destination needs you" };
  if (troubled.size > 1) return { tone: "warn", words: `${troubled.size} destinations need you` };
  return { tone: "good", words: "All is running" };
}
