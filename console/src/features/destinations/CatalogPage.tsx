import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Send } from "lucide-react";
import { catalogQuery } from "../../api/queries/catalog";
import { EmptyState } from "../../components/EmptyState";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import classes from "./destinations.module.css";

export function CatalogPage() {
  const catalog = useQuery(catalogQuery);
  return (
    <Page title="Where shall events go to?" name="New destination">
      <QueryView
        query={catalog}
        failed="The catalogue could not be read"
        isEmpty={(kinds) => kinds.length === 0}
        empty={<EmptyState icon={Send} title="This build has no destinations" />}
      >
        {(kinds) => (
          <ul className={classes.catalog}>
            {kinds.map((kind) => (
              <li key={kind.id}>
                <Link to="/destinations/new/$kindId" params={{ kindId: kind.id }} className={classes.kind}>
                  <span className={classes.kindMark} aria-hidden>
                    {kind.name.charAt(0)}
                  </span>
                  <span className={classes.kindText}>
                    <span className={classes.kindName}>{kind.name}</span>
                    <span className={classes.words}>{kind.description}</span>
                  </span>
                  <ChevronRight size={16} aria-hidden color="var(--sl-muted)" />
                </Link>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </Page>
  );
}
