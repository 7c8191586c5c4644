import { useQuery } from "@tanstack/react-query";
import { ledgerQuery } from "../../api/queries/ledger";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { BlockSkeleton } from "../../components/Skeletons";
import { JsonView } from "../../components/JsonView";

export function HomePage() {
  const ledger = useQuery(ledgerQuery);
  return (
    <Page title="Is everything that came in where it should be?" name="Home">
      <QueryView query={ledger} failed="The ledger could not be read" loading={<BlockSkeleton />}>
        {(account) => <JsonView value={account} label="Ledger" />}
      </QueryView>
    </Page>
  );
}
