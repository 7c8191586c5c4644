import { ActionIcon, Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useChangeInsight, useDeleteInsight, useSaveInsight, type Insight } from "../../api/queries/insights";
import { useCan } from "../../api/session";
import { NameDialog } from "../../components/FormDialog";
import { notifyFailed } from "../../components/notify";
import { useConfirm } from "../../components/useConfirm";
import { finished, isAskable, lean, type Display, type InsightQuery } from "./model";
import { kindOf } from "./registry";

interface Props {
  saved: Insight | undefined;
  query: InsightQuery;
  display: Display;
  isChanged: boolean;
  onRevert: () => void;
}

export function SaveActions({ saved, query, display, isChanged, onRevert }: Props) {
  const may = useCan("editor");
  const [naming, name] = useDisclosure(false);
  const [renaming, rename] = useDisclosure(false);
  const navigate = useNavigate();
  const change = useChangeInsight(saved?.id ?? "");
  const create = useSaveInsight();
  if (!may) return null;
  const failed = (error: unknown) => notifyFailed("Not saved", error);
  const open = (insight: Insight) => void navigate({ to: "/insights/$insightId", params: { insightId: insight.id }, search: {} });
  const saveNew = (as: string) =>
    create.mutate({ name: as, query: lean(finished(query)), display: lean(display) }, {
      onSuccess: (made) => {
        name.close();
        open(made);
      },
    });
  const saveChange = () => change.mutate({ query: lean(finished(query)), display }, { onSuccess: onRevert, onError: failed });
  return (
    <>
      {saved && isChanged ? (
        <Button variant="subtle" color="gray" onClick={onRevert}>
          Discard changes
        </Button>
      ) : null}
      {saved ? (
        <Button disabled={!isChanged || !isAskable(query)} loading={change.isPending} onClick={saveChange}>
          Save
        </Button>
      ) : (
        <Button disabled={!isAskable(query)} onClick={name.open}>
          Save
        </Button>
      )}
      {saved ? <More saved={saved} onRename={rename.open} onCopy={name.open} /> : null}
      <NameDialog
        opened={naming}
        onClose={name.close}
        title="Save the insight"
        verb="Save"
        error={create.error}
        initial={saved ? `${saved.name} (copy)` : suggested(query)}
        busy={create.isPending}
        onName={saveNew}
      />
      <NameDialog
        opened={renaming}
        onClose={rename.close}
        title="Rename the insight"
        verb="Rename"
        error={change.error}
        initial={saved?.name ?? ""}
        busy={change.isPending}
        onName={(to) => change.mutate({ name: to }, { onSuccess: rename.close })}
      />
    </>
  );
}

function More({ saved, onRename, onCopy }: { saved: Insight; onRename: () => void; onCopy: () => void }) {
  const [dialog, ask] = useConfirm();
  const navigate = useNavigate();
  const remove = useDeleteInsight();
  const askDelete = () =>
    ask({
      title: `Delete “${saved.name}”?`,
      words: "The saved question is lost, also on the dashboards it stands on. Events and people stay as they are.",
      verb: "Delete insight",
      act: () =>
        remove.mutate(saved.id, {
          onSuccess: () => void navigate({ to: "/insights", search: {} }),
          onError: (error) => notifyFailed("Not deleted", error),
        }),
    });
  return (
    <>
      <Menu position="bottom-end" shadow="none">
        <Menu.Target>
          <ActionIcon variant="default" size={34} aria-label="More actions">
            <Ellipsis size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={onRename}>Rename</Menu.Item>
          <Menu.Item onClick={onCopy}>Save as a copy</Menu.Item>
          <Menu.Item color="red" onClick={askDelete}>Delete</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog}
    </>
  );
}

function suggested(query: InsightQuery): string {
  const words = kindOf(query.kind).describe(query).split(", ")[0] ?? "";
  return words.length > 80 ? `${words.slice(0, 79)}…` : words;
}
