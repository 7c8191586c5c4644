import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type Destination, oauthQuery, useStartOAuth } from "../../api/queries/destinations";
import { useCan } from "../../api/session";
import { CopyButton } from "../../components/CopyButton";
import { notifyFailed } from "../../components/notify";
import type { SettingField } from "../../lib/settings";
import classes from "./destinations.module.css";

const route = getRouteApi("/shell/destinations/$destinationId");

interface Props {
  destination: Destination;
  fields: readonly SettingField[];
  /** Something in the form is not saved yet. */
  unsaved: boolean;
}

/** Sends the browser to the peer, which sends it back here with its yes or no. */
export function OAuthConnect({ destination, fields, unsaved }: Props) {
  const { oauth: outcome } = route.useSearch();
  const state = useQuery(oauthQuery(destination.id)).data;
  const start = useStartOAuth(destination.id);
  const canEdit = useCan("editor");
  if (!state) return null;
  const labelOf = (key: string) => fields.find((field) => field.key === key)?.label ?? key;
  const blocked = unsaved || state.missing.length > 0;
  return (
    <section className={classes.connection} aria-label="Access by OAuth">
      {outcome === "connected" ? (
        <Alert color="green" variant="light" role="status">
          Connected. Tests and deliveries use the new access token.
        </Alert>
      ) : outcome ? (
        <Alert color="red" variant="light" role="alert" title="Not connected">
          {outcome}
        </Alert>
      ) : null}
      <div className={classes.label}>{state.isConnected ? "There is an access token" : "Not connected yet"}</div>
      <p className={classes.lead}>
        Make an OAuth client of your own at the peer, with this redirect address, and enter its id and
        secret below:
      </p>
      <div>
        <code>{state.redirectUri}</code> <CopyButton value={state.redirectUri} what="redirect address" />
      </div>
      {blocked ? (
        <p className={classes.words}>
          {state.missing.length > 0
            ? `Needed first: ${state.missing.map(labelOf).join(", ")}.`
            : "Save the settings first."}
        </p>
      ) : null}
      {canEdit ? (
        <Button
          variant="default"
          disabled={blocked}
          loading={start.isPending}
          style={{ alignSelf: "flex-start" }}
          onClick={() =>
            start.mutate(undefined, {
              onSuccess: ({ authorizeUrl }) => window.location.assign(authorizeUrl),
              onError: (error) => notifyFailed("The way to the peer was not begun", error),
            })
          }
        >
          {state.isConnected ? "Connect again" : "Connect"}
        </Button>
      ) : null}
    </section>
  );
}
