import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useState } from "react";
import { type AuditEntry, auditQuery } from "../../api/queries/audit";
import { type Column, DataTable } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { Facts } from "../../components/Facts";
import { Id } from "../../components/Id";
import { JsonView } from "../../components/JsonView";
import { RelativeTime } from "../../components/RelativeTime";
import { SidePanel } from "../../components/SidePanel";
import { TableSkeleton } from "../../components/Skeletons";
import { inWords } from "../../lib/format";
import classes from "./settings.module.css";

export function AuditTrail() {
  const audit = useInfiniteQuery(auditQuery);
  const [opened, setOpened] = useState<AuditEntry>();
  if (audit.isPending) return <TableSkeleton columns={4} />;
  if (audit.isError && !audit.data) {
    return (
      <ErrorState title="The audit trail could not be read" error={audit.error} onRetry={() => void audit.refetch()} />
    );
  }
  const entries = audit.data.pages.flatMap((page) => page.entries);
  if (entries.length === 0) {
    return <EmptyState icon={History} title="Nothing was changed yet">Each change of the configuration will stand here, with who made it.</EmptyState>;
  }
  return (
    <div className={classes.stack}>
      <DataTable
        label="Audit trail, newest first"
        phone="lines"
        rows={entries}
        columns={COLUMNS}
        rowKey={(entry) => String(entry.no)}
        selected={opened ? String(opened.no) : undefined}
        onOpen={setOpened}
      />
      {audit.hasNextPage ? (
        <Button variant="default" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()} style={{ alignSelf: "center" }}>
          Show older
        </Button>
      ) : null}
      <SidePanel opened={opened !== undefined} onClose={() => setOpened(undefined)} title={opened ? sentence(opened) : ""}>
        {opened ? (
          <>
            <Facts
              items={[
                ["When", <RelativeTime key="at" at={opened.at} />],
                ["Who", opened.actorName],
                ["Actor", <Id key="actor" value={opened.actorId} what="actor" />],
                [inWords(opened.resource), <Id key="id" value={opened.resourceId} what="id" />],
              ]}
            />
            <JsonView value={opened.detail} label="What changed" />
          </>
        ) : null}
      </SidePanel>
    </div>
  );
}

const sentence = (entry: AuditEntry) => `${inWords(entry.resource)} ${entry.action}`;

/** The name that the detail tells, if it tells one. */
function nameIn(entry: AuditEntry): string {
  const { name } = entry.detail as { name?: unknown };
  return typeof name === "string" ? name : entry.resourceId;
}

const COLUMNS: Column<AuditEntry>[] = [
  { key: "what", title: "What", width: 220, cell: (entry) => <strong>{sentence(entry)}</strong> },
  { key: "which", title: "Which", line: "fill", cell: nameIn },
  { key: "who", title: "Who", width: 200, cell: (entry) => entry.actorName },
  { key: "when", title: "When", width: 140, line: "corner", cell: (entry) => <RelativeTime at={entry.at} /> },
];
