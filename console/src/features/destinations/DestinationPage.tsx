import { Button, Switch, Tabs } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { catalogQuery } from "../../api/queries/catalog";
import { deliveriesQuery } from "../../api/queries/deliveries";
import { type Destination, destinationQuery, useUpdateDestination } from "../../api/queries/destinations";
import { useCan } from "../../api/session";
import { notifyFailed } from "../../components/notify";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { BlockSkeleton } from "../../components/Skeletons";
import { formatNumber } from "../../lib/format";
import { ConnectionList } from "./ConnectionList";
import { DeletePeople } from "./DeletePeople";
import { DeadLetters } from "./DeadLetters";
import { DestinationSettings } from "./DestinationSettings";
import { Filters } from "./Filters";
import { Mappings } from "./Mappings";
import { Notice } from "./Notice";
import { Routing } from "./Routing";
import { TestEvent } from "./TestEvent";

const route = getRouteApi("/shell/destinations/$destinationId");
type Tab = "delivery" | "mappings" | "dead" | "routing" | "filters" | "settings";

export function DestinationPage() {
  const { destinationId } = route.useParams();
  const destination = useQuery(destinationQuery(destinationId));
  const name = destination.data?.name ?? "Destination";
  return (
    <Page
      title={name}
      name={name}
      action={destination.data ? <Actions destination={destination.data} /> : null}
    >
      <QueryView
        query={destination}
        failed="The destination could not be read"
        loading={<BlockSkeleton height={240} />}
      >
        {(found) => (
          <>
            <Notice destination={found} />
            <DestinationTabs destination={found} />
          </>
        )}
      </QueryView>
    </Page>
  );
}

function Actions({ destination }: { destination: Destination }) {
  const canEdit = useCan("editor");
  const [opened, test] = useDisclosure(false);
  const [isDeleting, deletion] = useDisclosure(false);
  const kinds = useQuery(catalogQuery).data ?? [];
  const deletes = kinds.some((kind) => kind.id === destination.metadata.id && kind.deletesPeople);
  return (
    <>
      <OnOff destination={destination} />
      {canEdit ? (
        <Button variant="default" onClick={test.open}>
          Send test event
        </Button>
      ) : null}
      {canEdit && deletes ? (
        <Button variant="default" onClick={deletion.open}>
          Delete people
        </Button>
      ) : null}
      {isDeleting ? <DeletePeople destination={destination} onClose={deletion.close} /> : null}
      {opened ? <TestEvent destination={destination} onClose={test.close} /> : null}
    </>
  );
}

function OnOff({ destination }: { destination: Destination }) {
  const update = useUpdateDestination(destination.id);
  const canEdit = useCan("editor");
  return (
    <Switch
      label={destination.enabled ? "On" : "Off"}
      aria-label={`${destination.name} takes events`}
      checked={destination.enabled}
      disabled={!canEdit || update.isPending}
      onChange={(event) =>
        update.mutate(
          { enabled: event.currentTarget.checked },
          { onError: (error) => notifyFailed("Nothing was changed", error) },
        )
      }
    />
  );
}

function DestinationTabs({ destination }: { destination: Destination }) {
  const { tab = "delivery" } = route.useSearch();
  const navigate = useNavigate();
  const kinds = useQuery(catalogQuery).data ?? [];
  const hasActions = kinds.some((kind) => kind.id === destination.metadata.id && kind.hasActions);
  const deliveries = (useQuery(deliveriesQuery).data ?? []).filter(
    (delivery) => delivery.destinationId === destination.id,
  );
  const dead = deliveries.reduce((sum, delivery) => sum + delivery.dead, 0);
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(value) =>
        void navigate({
          to: "/destinations/$destinationId",
          params: { destinationId: destination.id },
          search: { tab: value as Tab },
        })
      }
    >
      <Tabs.List mb={16}>
        <Tabs.Tab value="delivery">Delivery</Tabs.Tab>
        {hasActions ? <Tabs.Tab value="mappings">Mappings</Tabs.Tab> : null}
        <Tabs.Tab value="dead">Dead letters{dead > 0 ? ` (${formatNumber(dead)})` : ""}</Tabs.Tab>
        <Tabs.Tab value="routing">Consent and schema</Tabs.Tab>
        <Tabs.Tab value="filters">Filters</Tabs.Tab>
        <Tabs.Tab value="settings">Settings</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="delivery">
        <ConnectionList destination={destination} deliveries={deliveries} />
      </Tabs.Panel>
      {hasActions ? (
        <Tabs.Panel value="mappings">
          <Mappings destination={destination} />
        </Tabs.Panel>
      ) : null}
      <Tabs.Panel value="dead">
        <DeadLetters destination={destination} />
      </Tabs.Panel>
      <Tabs.Panel value="routing">
        <Routing destination={destination} />
      </Tabs.Panel>
      <Tabs.Panel value="filters">
        <Filters destination={destination} />
      </Tabs.Panel>
      <Tabs.Panel value="settings">
        <DestinationSettings key={destination.revision} destination={destination} />
      </Tabs.Panel>
    </Tabs>
  );
}
