import { ActionIcon, Button, Menu, Modal, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { messageOf } from "../../api/errors";
import { useChangeInsight, useDeleteInsight, useSaveInsight, type Insight } from "../../api/queries/insights";
import { useCan } from "../../api/session";
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
  const failed = (error: unknown) => notifications.show({ color: "red", title: "Not saved", message: messageOf(error) });
  const open = (insight: Insight) => void navigate({ to: "/insights/$insightId", params: { insightId: insight.id }, search: {} });
  const saveNew = (as: string) =>
    create.mutate({ name: as, query: lean(finished(query)), display: lean(display) }, {
      onSuccess: (made) => {
        name.close();
        open(made);
      },
      onError: failed,
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
        initial={saved ? `${saved.name} (copy)` : suggested(query)}
        busy={create.isPending}
        onName={saveNew}
      />
      <NameDialog
        opened={renaming}
        onClose={rename.close}
        title="Rename the insight"
        initial={saved?.name ?? ""}
        busy={change.isPending}
        onName={(to) => change.mutate({ name: to }, { onSuccess: rename.close, onError: failed })}
      />
    </>
  );
}

function More({ saved, onRename, onCopy }: { saved: Insight; onRename: () => void; onCopy: () => void }) {
  const [asking, ask] = useDisclosure(false);
  const navigate = useNavigate();
  const remove = useDeleteInsight();
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
          <Menu.Item color="red" onClick={ask.open}>Delete</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={asking} onClose={ask.close} title={`Delete “${saved.name}”?`} closeButtonProps={{ "aria-label": "Close" }}>
        <p style={{ margin: "0 0 16px" }}>
          The saved question is lost, also on the dashboards it stands on. Events and people stay as they are.
        </p>
        <div style={{ display: "flex", justifyContent: "end", gap: 8 }}>
          <Button variant="default" onClick={ask.close}>Keep it</Button>
          <Button
            color="red"
            loading={remove.isPending}
            onClick={() =>
              remove.mutate(saved.id, {
                onSuccess: () => void navigate({ to: "/insights", search: {} }),
                onError: (error) => notifications.show({ color: "red", title: "Not deleted", message: messageOf(error) }),
              })
            }
          >
            Delete insight
          </Button>
        </div>
      </Modal>
    </>
  );
}

interface NameProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  initial: string;
  busy: boolean;
  onName: (name: string) => void;
}

function NameDialog({ opened, onClose, title, initial, busy, onName }: NameProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <NameForm initial={initial} busy={busy} onName={onName} />
    </Modal>
  );
}

function NameForm({ initial, busy, onName }: { initial: string; busy: boolean; onName: (name: string) => void }) {
  const [name, setName] = useState(initial);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "") onName(name.trim());
      }}
    >
      <TextInput label="Name" value={name} maxLength={200} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
      <Button type="submit" mt="md" loading={busy} disabled={name.trim() === ""}>
        Save
      </Button>
    </form>
  );
}

function suggested(query: InsightQuery): string {
  const words = kindOf(query.kind).describe(query).split(", ")[0] ?? "";
  return words.length > 80 ? `${words.slice(0, 79)}…` : words;
}
