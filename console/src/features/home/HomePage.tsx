import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plug } from "lucide-react";
import type { ReactNode } from "react";
import { deliveriesQuery } from "../../api/queries/deliveries";
import { destinationsQuery } from "../../api/queries/destinations";
import { ledgerQuery } from "../../api/queries/ledger";
import { sourcesQuery } from "../../api/queries/sources";
import { EmptyState } from "../../components/EmptyState";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { BlockSkeleton } from "../../components/Skeletons";
import { LedgerPanel } from "./LedgerPanel";
import { needsOf } from "./model";
import { NeedsPanel } from "./NeedsPanel";
import { VolumePanel } from "./VolumePanel";

export function HomePage({ charts }: { charts: ReactNode }) {
  const ledger = useQuery(ledgerQuery);
  const sources = useQuery(sourcesQuery).data;
  const destinations = useQuery(destinationsQuery).data;
  const deliveries = useQuery(deliveriesQuery).data ?? [];
  const nameOf = (list: { id: string; name: string }[] | undefined) => (id: string) =>
    list?.find((one) => one.id === id)?.name ?? "A deleted one";
  return (
    <Page title="Is everything that came in where it should be?" name="Home">
      <QueryView
        query={ledger}
        failed="The ledger could not be read"
        loading={<BlockSkeleton height={320} />}
        isEmpty={() => sources?.length === 0}
        empty={<NoSources />}
      >
        {(account) => (
          <>
            <LedgerPanel
              ledger={account}
              sourceName={nameOf(sources)}
              destinationName={nameOf(destinations)}
            />
            <NeedsPanel needs={needsOf(account, deliveries, nameOf(destinations))} />
            <VolumePanel />
            {charts}
          </>
        )}
      </QueryView>
    </Page>
  );
}

function NoSources() {
  return (
    <EmptyState
      icon={Plug}
      title="Nothing sends events yet"
      action={
        <Button component={Link} to="/sources/new">
          Create source
        </Button>
      }
    >
      A source is one site, app or server. It gets a write key, and its events show here within a
      second.
    </EmptyState>
  );
}
