import { Button, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Filter as FilterIcon } from "lucide-react";
import { useState } from "react";
import type { Destination } from "../../api/queries/destinations";
import { type Filter, filtersQuery, useDeleteFilter, useSwitchFilter } from "../../api/queries/filters";
import { useCan } from "../../api/session";
import { EmptyState } from "../../components/EmptyState";
import { notifyFailed } from "../../components/notify";
import { QueryView } from "../../components/QueryView";
import { useConfirm } from "../../components/useConfirm";
import classes from "./destinations.module.css";
import { FilterEditor } from "./FilterEditor";
import { actionInWords, draftOf } from "./filterModel";

/** Which events the destination does not get, and which properties of those it does. */
export function Filters({ destination }: { destination: Destination }) {
  const filters = useQuery(filtersQuery(destination.id));
  const canEdit = useCan("editor");
  const [edited, setEdited] = useState<Filter | "new" | null>(null);
  const add = canEdit ? <Button onClick={() => setEdited("new")}>Add filter</Button> : null;
  return (
    <>
      <QueryView
        query={filters}
        failed="The filters could not be read"
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState icon={FilterIcon} title="No filters" action={add}>
            A filter keeps events from this destination, sends only a sample of them, or takes
            properties out of them. Other destinations and analytics are not touched.
          </EmptyState>
        }
      >
        {(list) => (
          <div className={classes.connections}>
            <div className={classes.deadHead}>
              <span>Each is asked of the event as it came. Drops count as “filtered”.</span>
              <span className={classes.right}>{add}</span>
            </div>
            {list.map((filter) => (
              <Row key={filter.id} filter={filter} canEdit={canEdit} onEdit={() => setEdited(filter)} />
            ))}
          </div>
        )}
      </QueryView>
      {edited ? (
        <FilterEditor
          destination={destination}
          filter={edited === "new" ? undefined : edited}
          onClose={() => setEdited(null)}
        />
      ) : null}
    </>
  );
}

function Row({ filter, canEdit, onEdit }: { filter: Filter; canEdit: boolean; onEdit: () => void }) {
  const turn = useSwitchFilter(filter.destinationId, filter.id);
  const remove = useDeleteFilter(filter.destinationId);
  const [dialog, ask] = useConfirm();
  const failed = { onError: (error: Error) => notifyFailed("Nothing was changed", error) };
  return (
    <section className={classes.filter} aria-label={filter.title}>
      {dialog}
      <div className={classes.deadHead}>
        <Switch
          aria-label={`${filter.title} is on`}
          checked={filter.enabled}
          disabled={!canEdit || turn.isPending}
          onChange={(event) => turn.mutate(event.currentTarget.checked, failed)}
        />
        <b>{filter.title}</b>
        <span className={classes.words}>{filter.actions.map(actionInWords).join("; ")}</span>
        {canEdit ? (
          <span className={classes.right}>
            {draftOf(filter) ? (
              <Button variant="default" size="compact-sm" onClick={onEdit} mr={8}>
                Edit
              </Button>
            ) : null}
            <Button
              variant="default"
              size="compact-sm"
              onClick={() =>
                ask({
                  title: `Delete “${filter.title}”?`,
                  words: "Events that it held back or changed go out as they are from then on.",
                  verb: "Delete filter",
                  act: () => remove.mutate(filter.id, failed),
                })
              }
            >
              Delete
            </Button>
          </span>
        ) : null}
      </div>
      <code className={classes.condition}>{filter.if}</code>
    </section>
  );
}
