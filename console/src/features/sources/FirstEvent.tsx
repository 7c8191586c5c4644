import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ledgerQuery } from "../../api/queries/ledger";
import type { Source } from "../../api/queries/sources";
import { StateDot } from "../../components/StateDot";
import { plural } from "../../lib/format";
import classes from "./sources.module.css";

/** Turns green by itself when the first event is there. */
export function FirstEvent({ source }: { source: Source }) {
  const received = useQuery({
    ...ledgerQuery,
    select: (ledger) =>
      ledger.sources.find((account) => account.sourceId === source.id)?.received ?? 0,
    refetchInterval: (query) => {
      const account = query.state.data?.sources.find((one) => one.sourceId === source.id);
      return account && account.received > 0 ? 5_000 : 1_000;
    },
  }).data;
  const seen = received !== undefined && received > 0;
  return (
    <div className={classes.first} data-seen={seen || undefined} role="status">
      {seen ? (
        <StateDot tone="good">{plural(received, "event")} received</StateDot>
      ) : (
        <StateDot tone="warn" pulse>
          Waiting for the first event…
        </StateDot>
      )}
      {seen ? (
        <Link to="/live-events" search={{ sourceId: source.id }}>
          See them live
        </Link>
      ) : null}
    </div>
  );
}
