import { Button, Menu, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Plus, Shuffle } from "lucide-react";
import type { Destination } from "../../api/queries/destinations";
import {
  type Action,
  type KindActions,
  kindActionsQuery,
  type Subscription,
  subscriptionsQuery,
  useCreateSubscription,
  useUpdateSubscription,
} from "../../api/queries/subscriptions";
import { useCan } from "../../api/session";
import { EmptyState } from "../../components/EmptyState";
import { notifyFailed } from "../../components/notify";
import { QueryView } from "../../components/QueryView";
import { BlockSkeleton } from "../../components/Skeletons";
import { MappingEditor } from "./MappingEditor";
import classes from "./mappings.module.css";

const route = getRouteApi("/shell/destinations/$destinationId");

/** Which events start which of the destination's actions. */
export function Mappings({ destination }: { destination: Destination }) {
  const kind = useQuery(kindActionsQuery(destination.metadata.id));
  const subscriptions = useQuery(subscriptionsQuery(destination.id));
  return (
    <QueryView query={kind} failed="The catalogue could not be read" loading={<BlockSkeleton />}>
      {(actions) => (
        <QueryView query={subscriptions} failed="The mappings could not be read" loading={<BlockSkeleton />}>
          {(list) => <List destination={destination} kind={actions} list={list} />}
        </QueryView>
      )}
    </QueryView>
  );
}

interface ListProps {
  destination: Destination;
  kind: KindActions;
  list: Subscription[];
}

function List({ destination, kind, list }: ListProps) {
  const { mapping } = route.useSearch();
  const navigate = useNavigate();
  const setOpenId = (id: string | undefined) =>
    void navigate({
      to: "/destinations/$destinationId",
      params: { destinationId: destination.id },
      search: { tab: "mappings", mapping: id },
    });
  const open = list.find((one) => one.id === mapping);
  const actionOf = (slug: string) => kind.actions.find((action) => action.slug === slug);
  const action = open ? actionOf(open.actionId) : undefined;
  if (open && action) {
    return (
      <MappingEditor
        key={open.id}
        destination={destination}
        subscription={open}
        action={action}
        onClose={() => setOpenId(undefined)}
      />
    );
  }
  return (
    <div className={classes.list}>
      <p className={classes.words}>
        An event is sent once for each mapping whose trigger it meets. One that meets none is filtered.
      </p>
      {list.length === 0 ? (
        <EmptyState icon={Shuffle} title="No mapping yet">
          Nothing is sent until a mapping says which events start which action. Add one: it begins
          with what its action proposes.
        </EmptyState>
      ) : (
        <ul className={classes.rows}>
          {list.map((one) => (
            <Row
              key={one.id}
              destination={destination}
              subscription={one}
              action={actionOf(one.actionId)}
              onOpen={() => setOpenId(one.id)}
            />
          ))}
        </ul>
      )}
      <AddMapping destination={destination} kind={kind} onAdded={setOpenId} />
    </div>
  );
}

interface RowProps {
  destination: Destination;
  subscription: Subscription;
  action: Action | undefined;
  onOpen: () => void;
}

function Row({ destination, subscription, action, onOpen }: RowProps) {
  const update = useUpdateSubscription(destination.id, subscription.id);
  const canEdit = useCan("editor");
  return (
    <li className={classes.row}>
      <button type="button" className={classes.open} onClick={onOpen}>
        <strong>{subscription.name}</strong>
        <span className={classes.words}>
          {action?.title ?? subscription.actionId}
          {action?.batches ? ", in batches if its fields say so" : ""}
        </span>
        <code className={classes.trigger}>{subscription.trigger.trim().replace(/\s+/g, " ")}</code>
      </button>
      <Switch
        aria-label={`${subscription.name} is on`}
        checked={subscription.enabled}
        disabled={!canEdit || update.isPending}
        onChange={(event) =>
          update.mutate(
            { enabled: event.currentTarget.checked },
            { onError: (error) => notifyFailed("Nothing was changed", error) },
          )
        }
      />
    </li>
  );
}

interface AddProps {
  destination: Destination;
  kind: KindActions;
  onAdded: (id: string) => void;
}

function AddMapping({ destination, kind, onAdded }: AddProps) {
  const create = useCreateSubscription(destination.id);
  // While the destination is off nothing goes out, so that the mapping may be tried out at once.
  const enabled = !destination.enabled;
  const add = (body: { name: string; actionId: string; trigger: string; settings?: Record<string, unknown> }) =>
    create.mutate(
      { ...body, enabled },
      {
        onSuccess: ({ id }) => onAdded(id),
        onError: (error) => notifyFailed("No mapping was added", error),
      },
    );
  const fromAction = (action: Action) =>
    add({
      name: action.title,
      actionId: action.slug,
      trigger: action.trigger ?? 'type = "track"',
    });
  const proposed = kind.presets.filter((preset) => preset.trigger.trim() !== "");
  if (!useCan("editor")) return null;
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<Plus size={14} aria-hidden />}
          loading={create.isPending}
          style={{ alignSelf: "flex-start" }}
        >
          Add mapping
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        <Menu.Label>An action, with its own defaults{enabled ? "" : "; switched off at first"}</Menu.Label>
        {kind.actions
          .filter((action) => !action.hidden)
          .map((action) => (
            <Menu.Item key={action.slug} onClick={() => fromAction(action)}>
              {action.title}
            </Menu.Item>
          ))}
        {proposed.length > 0 ? <Menu.Label>Proposed</Menu.Label> : null}
        {proposed.map((preset) => (
          <Menu.Item
            key={preset.name}
            onClick={() =>
              add({ name: preset.name, actionId: preset.action, trigger: preset.trigger, settings: preset.mapping })
            }
          >
            {preset.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
