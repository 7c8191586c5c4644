import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type OwnSession, ownSessionsQuery, useEndOtherSessions, useEndSession } from "../../api/queries/sessions";
import { type Column, DataTable } from "../../components/DataTable";
import { notifyDone, notifyFailed } from "../../components/notify";
import { QueryView } from "../../components/QueryView";
import { RelativeTime } from "../../components/RelativeTime";
import { useConfirm } from "../../components/useConfirm";
import { agentWords } from "../../lib/agent";
import { plural } from "../../lib/format";
import classes from "./settings.module.css";

/** Where the person is signed in. */
export function Sessions() {
  const sessions = useQuery(ownSessionsQuery);
  const end = useEndSession();
  const endOthers = useEndOtherSessions();
  const [dialog, ask] = useConfirm();
  const others = (sessions.data ?? []).filter((one) => !one.isCurrent).length;
  const askOthers = () =>
    ask({
      title: `End ${plural(others, "other session")}?`,
      words: "Whoever uses them has to sign in again. This session stays.",
      verb: "End sessions",
      act: () =>
        endOthers.mutate(undefined, {
          onSuccess: (ended) => notifyDone(`${plural(ended, "session")} ended`),
          onError: (error) => notifyFailed("The sessions were not ended", error),
        }),
    });
  const columns: Column<OwnSession>[] = [
    {
      key: "agent",
      title: "Browser",
      sort: (one) => agentWords(one.agent),
      cell: (one) => (
        <span title={one.agent}>
          <strong>{agentWords(one.agent)}</strong>
          {one.isCurrent ? " · this one" : ""}
        </span>
      ),
    },
    { key: "workspace", title: "Workspace", width: 180, sort: (one) => one.workspace, cell: (one) => one.workspace },
    { key: "began", title: "Signed in", width: 140, sort: (one) => one.beganAt, cell: (one) => <RelativeTime at={one.beganAt} /> },
    { key: "seen", title: "Last used", width: 140, sort: (one) => one.seenAt, cell: (one) => <RelativeTime at={one.seenAt} /> },
    {
      key: "act",
      title: "Actions",
      width: 100,
      align: "right",
      cell: (one) =>
        one.isCurrent ? null : (
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            aria-label={`End the session of ${agentWords(one.agent)}`}
            onClick={() => end.mutate(one.id, { onError: (error) => notifyFailed("The session was not ended", error) })}
          >
            End
          </Button>
        ),
    },
  ];
  return (
    <section className={classes.stack} aria-label="Sessions">
      <div className={classes.head}>
        <h2 className={classes.heading}>Where you are signed in</h2>
        {others > 0 ? (
          <Button variant="default" loading={endOthers.isPending} onClick={askOthers}>
            End all others
          </Button>
        ) : null}
      </div>
      <QueryView query={sessions} failed="Your sessions could not be read">
        {(list) => <DataTable label="Sessions" rows={list} columns={columns} rowKey={(one) => one.id} />}
      </QueryView>
      {dialog}
    </section>
  );
}
