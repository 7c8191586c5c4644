// What keeps a destination from getting events, above all its tabs.

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { catalogQuery } from "../../api/queries/catalog";
import { deliveriesQuery } from "../../api/queries/deliveries";
import { type Destination, useResumeDestination } from "../../api/queries/destinations";
import { subscriptionsQuery } from "../../api/queries/subscriptions";
import { useCan } from "../../api/session";
import { notifyDone, notifyFailed } from "../../components/notify";
import { RelativeTime } from "../../components/RelativeTime";
import classes from "./destinations.module.css";

export function Notice({ destination }: { destination: Destination }) {
  return (
    <>
      <Stopped destination={destination} />
      <Quiet destination={destination} />
    </>
  );
}

/** The peer keeps us out, or the settings cannot work: somebody has to act. */
function Stopped({ destination }: { destination: Destination }) {
  const deliveries = useQuery(deliveriesQuery).data ?? [];
  const resume = useResumeDestination(destination.id);
  const canEdit = useCan("editor");
  const stopped = deliveries.find(
    (delivery) => delivery.destinationId === destination.id && delivery.state === "suspended",
  );
  if (!stopped || !destination.enabled) return null;
  return (
    <section className={classes.stopped} aria-label="Deliveries are stopped">
      <div className={classes.stoppedWords}>
        <strong>
          Stopped <RelativeTime at={stopped.since} />
        </strong>
        <span>{stopped.reason}</span>
        <span>
          Nothing is lost: events wait. Put it right in the{" "}
          <Link to="/destinations/$destinationId" params={{ destinationId: destination.id }} search={{ tab: "settings" }}>
            settings
          </Link>
          , and it goes on when they are saved. Was it put right over there, take it up again here.
        </span>
      </div>
      {canEdit ? (
        <Button
          loading={resume.isPending}
          onClick={() =>
            resume.mutate(undefined, {
              onSuccess: () => notifyDone("Deliveries are taken up again"),
              onError: (error) => notifyFailed("It was not taken up", error),
            })
          }
        >
          Take up again
        </Button>
      ) : null}
    </section>
  );
}

/** Nothing failed, and yet nothing is sent. */
function Quiet({ destination }: { destination: Destination }) {
  const kinds = useQuery(catalogQuery).data ?? [];
  const hasActions = kinds.some((kind) => kind.id === destination.metadata.id && kind.hasActions);
  const mappings = useQuery({ ...subscriptionsQuery(destination.id), enabled: hasActions }).data;
  const hasNone = hasActions && mappings !== undefined && !mappings.some((mapping) => mapping.enabled);
  if (destination.enabled && !hasNone) return null;
  return (
    <div className={classes.notice}>
      {destination.enabled ? null : (
        <p>It is off. Events that come meanwhile are left out, and are not sent later.</p>
      )}
      {hasNone ? (
        <p>
          No mapping is on, so nothing is sent.{" "}
          <Link to="/destinations/$destinationId" params={{ destinationId: destination.id }} search={{ tab: "mappings" }}>
            Add or switch on a mapping
          </Link>
        </p>
      ) : null}
    </div>
  );
}
