import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { destinationsQuery } from "../../api/queries/destinations";
import { StateDot } from "../../components/StateDot";
import classes from "./sources.module.css";

export function SourceDestinations({ sourceId }: { sourceId: string }) {
  const destinations = useQuery(destinationsQuery).data;
  const connected = destinations?.filter((destination) =>
    destination.connections.some((connection) => connection.sourceId === sourceId),
  );
  return (
    <section className={`panel ${classes.box}`} aria-label="Connected destinations">
      <h2 className={classes.boxTitle}>Goes to</h2>
      {connected?.length === 0 ? (
        <p className={classes.note}>
          Analytics only. <Link to="/destinations/new">Add a destination</Link>
        </p>
      ) : (
        <ul className={classes.keys} style={{ margin: 0 }}>
          {connected?.map((destination) => (
            <li key={destination.id}>
              <Link to="/destinations/$destinationId" params={{ destinationId: destination.id }}>
                {destination.name}
              </Link>
              <StateDot tone={destination.enabled ? "good" : "idle"}>
                {destination.enabled ? "On" : "Off"}
              </StateDot>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
