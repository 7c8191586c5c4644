import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Ban, ChevronRight, Send } from "lucide-react";
import { catalogQuery, type DestinationKind } from "../../api/queries/catalog";
import { EmptyState } from "../../components/EmptyState";
import { ClearFilters, TextFilter } from "../../components/filters";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { formatNumber } from "../../lib/format";
import classes from "./destinations.module.css";

const route = getRouteApi("/shell/destinations/new");

export function CatalogPage() {
  const { q, show = "all" } = route.useSearch();
  const navigate = useNavigate();
  const catalog = useQuery(catalogQuery);
  const go = (search: { q?: string | undefined; show?: "all" | "available" | undefined }) =>
    void navigate({ to: "/destinations/new", search: { q, show, ...search }, replace: true });
  const fits = (kind: DestinationKind) =>
    (show === "all" || kind.available) &&
    `${kind.name} ${kind.id} ${kind.description}`.toLowerCase().includes((q ?? "").toLowerCase());
  return (
    <Page
      title="Where shall events go to?"
      name="New destination"
      filters={
        <>
          <TextFilter label="Find a destination" value={q} onChange={(text) => go({ q: text })} />
          <SegmentedControl
            aria-label="Which destinations are shown"
            data={[
              { value: "all", label: "All" },
              { value: "available", label: "Available here" },
            ]}
            value={show}
            onChange={(value) => go({ show: value === "available" ? "available" : undefined })}
          />
          <ClearFilters active={q !== undefined} onClear={() => go({ q: undefined })} />
        </>
      }
    >
      <QueryView
        query={catalog}
        failed="The catalogue could not be read"
        isEmpty={(kinds) => kinds.length === 0}
        empty={<EmptyState icon={Send} title="This build has no destinations" />}
      >
        {(kinds) => <Kinds kinds={kinds.filter(fits).sort(nativeFirst)} all={kinds} />}
      </QueryView>
    </Page>
  );
}

/** Sluice's own kinds come before published ones of the same product; each by name. */
function nativeFirst(one: DestinationKind, other: DestinationKind): number {
  return Number(one.hasActions) - Number(other.hasActions) || one.name.localeCompare(other.name);
}

function Kinds({ kinds, all }: { kinds: DestinationKind[]; all: DestinationKind[] }) {
  const available = all.filter((kind) => kind.available).length;
  return (
    <>
      <p className={classes.words} role="status">
        {formatNumber(kinds.length)} of {formatNumber(all.length)} destinations; {formatNumber(available)} are
        available here.
      </p>
      {kinds.length === 0 ? (
        <EmptyState icon={Send} title="No destination fits">
          Look for another part of the name, or send to a URL of your own with Webhooks.
        </EmptyState>
      ) : null}
      <ul className={classes.catalog}>
        {kinds.map((kind) => (
          <li key={kind.id}>{kind.available ? <Available kind={kind} /> : <Unavailable kind={kind} />}</li>
        ))}
      </ul>
    </>
  );
}

function Words({ kind, words }: { kind: DestinationKind; words: string }) {
  return (
    <>
      <span className={classes.kindMark} aria-hidden>
        {kind.name.charAt(0)}
      </span>
      <span className={classes.kindText}>
        <span className={classes.kindName}>{kind.name}</span>
        <span className={`${classes.words} ${classes.clamp}`}>{words}</span>
      </span>
    </>
  );
}

function Available({ kind }: { kind: DestinationKind }) {
  return (
    <Link to="/destinations/new/$kindId" params={{ kindId: kind.id }} className={classes.kind}>
      <Words kind={kind} words={kind.description} />
      <ChevronRight size={16} aria-hidden color="var(--sl-muted)" />
    </Link>
  );
}

function Unavailable({ kind }: { kind: DestinationKind }) {
  return (
    <div className={`${classes.kind} ${classes.unavailable}`}>
      <Words kind={kind} words={`Not available. ${kind.unavailableBecause ?? ""}`} />
      <Ban size={16} aria-hidden color="var(--sl-muted)" />
    </div>
  );
}
