import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Ban, ChevronRight, Send } from "lucide-react";
import type { ReactNode } from "react";
import { catalogQuery, type DestinationKind } from "../../api/queries/catalog";
import { destinationsQuery } from "../../api/queries/destinations";
import { EmptyState } from "../../components/EmptyState";
import { ClearFilters, TextFilter } from "../../components/filters";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { StateDot } from "../../components/StateDot";
import { formatNumber, plural } from "../../lib/format";
import classes from "./destinations.module.css";

const route = getRouteApi("/shell/destinations/new");

const SHOWN = {
  all: "All",
  available: "Available here",
  unavailable: "Not available",
} as const;
type Shown = keyof typeof SHOWN;

export function CatalogPage() {
  const { q, show = "all" } = route.useSearch();
  const navigate = useNavigate();
  const catalog = useQuery(catalogQuery);
  const go = (search: { q?: string | undefined; show?: Shown | undefined }) =>
    void navigate({ to: "/destinations/new", search: { q, show: show === "all" ? undefined : show, ...search }, replace: true });
  const fits = (kind: DestinationKind) =>
    (show === "all" || kind.available === (show === "available")) &&
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
            data={Object.entries(SHOWN).map(([value, label]) => ({ value, label }))}
            value={show}
            onChange={(value) => go({ show: value === "all" ? undefined : (value as Shown) })}
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
  const own = useQuery(destinationsQuery).data ?? [];
  const usedBy = (kind: DestinationKind) => own.filter((destination) => destination.metadata.id === kind.id).length;
  return (
    <>
      <Counts kinds={kinds} all={all} />
      {kinds.length === 0 ? (
        <EmptyState icon={Send} title="No destination fits">
          Look for another part of the name, or send to a URL of your own with Webhooks.
        </EmptyState>
      ) : null}
      <ul className={classes.catalog}>
        {kinds.map((kind) => (
          <li key={kind.id}>
            {kind.available ? <Available kind={kind} usedBy={usedBy(kind)} /> : <Unavailable kind={kind} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function Counts({ kinds, all }: { kinds: DestinationKind[]; all: DestinationKind[] }) {
  const available = all.filter((kind) => kind.available).length;
  return (
    <p className={classes.words} role="status">
      {kinds.length < all.length ? `${formatNumber(kinds.length)} shown. ` : ""}
      {plural(all.length, "destination")}: {formatNumber(available)} are available here,{" "}
      {formatNumber(all.length - available)} are not, each with the reason.
      <Comparisons kinds={all} />
    </p>
  );
}

/** Published destinations were written for Node; here their code runs in another engine. */
function Comparisons({ kinds }: { kinds: DestinationKind[] }) {
  const compared = kinds.flatMap((kind) => kind.compared ?? []);
  if (compared.length === 0) return null;
  const sum = (of: "runs" | "equal") => compared.reduce((all, one) => all + one[of], 0);
  const same = compared.filter((one) => one.equal === one.runs).length;
  return (
    <>
      {" "}
      The code of {formatNumber(compared.length)} was run here and in Node, as it was published:{" "}
      {formatNumber(sum("equal"))} of {formatNumber(sum("runs"))} runs did the same, with{" "}
      {formatNumber(same)} of them all.
    </>
  );
}

/** A card is a link itself. */
const LINK = /\[([^\]]+)\]\([^)]*\)/g;

function Words({ kind, words, children }: { kind: DestinationKind; words: string; children?: ReactNode }) {
  return (
    <>
      <span className={classes.kindMark} aria-hidden>
        {kind.name.charAt(0)}
      </span>
      <span className={classes.kindText}>
        <span className={classes.kindName}>{kind.name}</span>
        <span className={`${classes.words} ${classes.clamp}`}>{words.replace(LINK, "$1")}</span>
        {children}
      </span>
    </>
  );
}

function Available({ kind, usedBy }: { kind: DestinationKind; usedBy: number }) {
  return (
    <Link to="/destinations/new/$kindId" params={{ kindId: kind.id }} className={classes.kind}>
      <Words kind={kind} words={kind.description}>
        {usedBy > 0 ? <StateDot tone="good">{usedBy === 1 ? "You have one" : `You have ${formatNumber(usedBy)}`}</StateDot> : null}
      </Words>
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
