import { ActionIcon, Button, Menu, Modal, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { messageOf } from "../../api/errors";
import { useCreateDashboard, useDeleteDashboard, type Dashboard } from "../../api/queries/dashboards";
import { plural } from "../../lib/format";

interface Props {
  dashboard: Dashboard;
  onOpen: (dashboardId: string) => void;
  onRename: (name: string) => void;
}

type Dialog = "new" | "rename" | "delete";

export function DashboardActions({ dashboard, onOpen, onRename }: Props) {
  const [dialog, setDialog] = useState<Dialog>();
  const create = useCreateDashboard();
  const close = () => setDialog(undefined);
  const failed = (error: unknown) => notifications.show({ color: "red", title: "That did not work", message: messageOf(error) });
  return (
    <>
      <Menu position="bottom-end" shadow="none">
        <Menu.Target>
          <ActionIcon variant="default" size={34} aria-label="More actions">
            <Ellipsis size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setDialog("new")}>New dashboard</Menu.Item>
          <Menu.Item onClick={() => setDialog("rename")}>Rename</Menu.Item>
          <Menu.Item color="red" disabled={dashboard.isDefault} onClick={() => setDialog("delete")}>
            {dashboard.isDefault ? "Delete (not the default one)" : "Delete"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={dialog === "new" || dialog === "rename"}
        onClose={close}
        title={dialog === "new" ? "New dashboard" : "Rename the dashboard"}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <NameForm
          initial={dialog === "rename" ? dashboard.name : ""}
          action={dialog === "new" ? "Create dashboard" : "Rename"}
          busy={create.isPending}
          onName={(name) => {
            if (dialog === "rename") {
              onRename(name);
              close();
            } else {
              create.mutate(name, { onSuccess: (made) => { close(); onOpen(made.id); }, onError: failed });
            }
          }}
        />
      </Modal>
      <DeleteDialog dashboard={dashboard} opened={dialog === "delete"} onClose={close} onOpen={onOpen} onFailed={failed} />
    </>
  );
}

interface NameProps {
  initial: string;
  action: string;
  busy: boolean;
  onName: (name: string) => void;
}

function NameForm({ initial, action, busy, onName }: NameProps) {
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
        {action}
      </Button>
    </form>
  );
}

interface DeleteProps {
  dashboard: Dashboard;
  opened: boolean;
  onClose: () => void;
  onOpen: (dashboardId: string) => void;
  onFailed: (error: unknown) => void;
}

function DeleteDialog({ dashboard, opened, onClose, onOpen, onFailed }: DeleteProps) {
  const remove = useDeleteDashboard();
  return (
    <Modal opened={opened} onClose={onClose} title={`Delete “${dashboard.name}”?`} closeButtonProps={{ "aria-label": "Close" }}>
      <p style={{ margin: "0 0 16px" }}>
        The places of {plural(dashboard.items.length, "insight")} are lost; the insights themselves stay saved.
      </p>
      <div style={{ display: "flex", justifyContent: "end", gap: 8 }}>
        <Button variant="default" onClick={onClose}>Keep it</Button>
        <Button color="red" loading={remove.isPending} onClick={() => remove.mutate(dashboard.id, { onSuccess: () => onOpen(""), onError: onFailed })}>
          Delete dashboard
        </Button>
      </div>
    </Modal>
  );
}
