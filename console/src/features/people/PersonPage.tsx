import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { personQuery, type Person } from "../../api/queries/people";
import { Id } from "../../components/Id";
import { JsonView } from "../../components/JsonView";
import { Page } from "../../components/Page";
import { letters, personTitle } from "../../components/people/PersonName";
import names from "../../components/people/people.module.css";
import { QueryView } from "../../components/QueryView";
import { RelativeTime } from "../../components/RelativeTime";
import { BlockSkeleton } from "../../components/Skeletons";
import { formatNumber } from "../../lib/format";
import { Box } from "./Box";
import { Erasing } from "./Erasing";
import { Merges } from "./Merges";
import classes from "./people.module.css";
import { Timeline } from "./Timeline";

interface Props {
  personId: number;
  /** Only events of this name. */
  name: string | undefined;
  /** The event that is open: source and message id. */
  event: string | undefined;
  onChange: (search: { name?: string | undefined; event?: string | undefined }) => void;
}

export function PersonPage({ personId, name, event, onChange }: Props) {
  const person = useQuery(personQuery(personId));
  return (
    <Page
      name={person.data ? personTitle(person.data) : `Person ${personId}`}
      title={person.data ? personTitle(person.data) : "Who is this?"}
      action={
        <div style={{ display: "flex", gap: 8 }}>
          {person.data ? <Erasing person={person.data} /> : null}
          <Button variant="default" component={Link} to="/people">
            All people
          </Button>
        </div>
      }
    >
      <QueryView query={person} failed="The person could not be read" loading={<BlockSkeleton height={420} />}>
        {(found) => (
          <>
            <Summary person={found} />
            <div className={classes.columns}>
              <div className={classes.side}>
                <Identifiers person={found} />
                <Traits person={found} />
                <Merges person={found} />
              </div>
              <Timeline person={found} name={name} event={event} onChange={onChange} />
            </div>
          </>
        )}
      </QueryView>
    </Page>
  );
}

function Summary({ person }: { person: Person }) {
  return (
    <div className={classes.summary}>
      <span className={names.avatar} data-size="large" aria-hidden data-nobody={letters(person) === "?" || undefined}>
        {letters(person)}
      </span>
      <div className={classes.facts}>
        {person.mainId ? (
          <span className={classes.main}>
            <Id value={person.mainId.value} what={person.mainId.type} />
          </span>
        ) : null}
        <span>
          <b>{formatNumber(person.events)}</b> events
        </span>
        <span>
          first seen <b><RelativeTime at={person.firstSeenAt} /></b>
        </span>
        <span>
          last seen <b><RelativeTime at={person.lastSeenAt} /></b>
        </span>
        <span>
          number <b className="mono">{person.id}</b>
        </span>
      </div>
    </div>
  );
}

const SHOWN_IDS = 30;

function Identifiers({ person }: { person: Person }) {
  return (
    <Box id="ids" title="Identifiers" brief={person.externalIds.map((id) => id.type).join(", ")}>
      <dl className={classes.ids}>
        {person.externalIds.slice(0, SHOWN_IDS).map((id) => (
          <IdRow key={`${id.type}:${id.value}`} type={id.type} value={id.value} />
        ))}
      </dl>
      {person.externalIds.length > SHOWN_IDS ? (
        <div className={classes.muted}>and {formatNumber(person.externalIds.length - SHOWN_IDS)} more</div>
      ) : null}
    </Box>
  );
}

function IdRow({ type, value }: { type: string; value: string }) {
  return (
    <>
      <dt>{type}</dt>
      <dd>
        <Id value={value} what={type} />
      </dd>
    </>
  );
}

function Traits({ person }: { person: Person }) {
  const traits = Object.entries(person.traits as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <Box id="traits" title="Traits" brief={traits.length === 0 ? "none" : traits.map(([name, value]) => traitBrief(name, value)).join(", ")}>
      {traits.length === 0 ? (
        <div className={classes.muted}>An identify call sets traits; there was none yet.</div>
      ) : (
        <dl className={classes.ids}>
          {traits.map(([name, value]) => (
            <TraitRow key={name} name={name} value={value} />
          ))}
        </dl>
      )}
    </Box>
  );
}

/** A plain value stands for itself; of others the name is enough. */
function traitBrief(name: string, value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : name;
}

function TraitRow({ name, value }: { name: string; value: unknown }) {
  const isDeep = typeof value === "object" && value !== null;
  return (
    <>
      <dt>{name}</dt>
      <dd className={classes.trait}>{isDeep ? <JsonView value={value} label={name} /> : String(value)}</dd>
    </>
  );
}
