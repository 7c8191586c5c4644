import { ActionIcon, Menu } from "@mantine/core";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useChangeDashboard, useCreateDashboard, useDeleteDashboard, type Dashboard } from "../../api/queries/dashboards";
import { NameDialog } from "../../components/FormDialog";
import { notifyFailed } from "../../components/notify";
import { useConfirm } from "../../components/useConfirm";
import { plural } from "../../lib/format";

interface Props {
  dashboard: Dashboard;
  onOpen: (dashboardId: string) => void;
}

export function DashboardActions({ dashboard, onOpen }: Props) {
  const [naming, setNaming] = useState<"new" | "rename">();
  const [dialog, ask] = useConfirm();
  const create = useCreateDashboard();
  const rename = useChangeDashboard(dashboard.id);
  const remove = useDeleteDashboard();
  const close = () => setNaming(undefined);
  const askDelete = () =>
    ask({
      title: `Delete “${dashboard.name}”?`,
      words: `The places of ${plural(dashboard.items.length, "item")} and the texts are lost; the insights themselves stay saved.`,
      verb: "Delete dashboard",
      act: () =>
        remove.mutate(dashboard.id, {
          onSuccess: () => onOpen(""),
          onError: (error) => notifyFailed("The dashboard was not deleted", error),
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
          <Menu.Item onClick={() => setNaming("new")}>New dashboard</Menu.Item>
          <Menu.Item onClick={() => setNaming("rename")}>Rename</Menu.Item>
          <Menu.Item color="red" disabled={dashboard.isDefault} onClick={askDelete}>
            {dashboard.isDefault ? "Delete (not the default one)" : "Delete"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <NameDialog
        opened={naming === "new"}
        onClose={close}
        title="New dashboard"
        verb="Create dashboard"
        initial=""
        busy={create.isPending}
        error={create.error}
        onName={(name) =>
          create.mutate(name, {
            onSuccess: (made) => {
              close();
              onOpen(made.id);
            },
          })
        }
      />
      <NameDialog
        opened={naming === "rename"}
        onClose={close}
        title="Rename the dashboard"
        verb="Rename"
        initial={dashboard.name}
        busy={rename.isPending}
        error={rename.error}
        onName={(name) => rename.mutate({ name }, { onSuccess: close })}
      />
      {dialog}
    </>
  );
}
