import { Menu, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { Check, ChevronsUpDown, Plus } from "lucide-react";
import { api, data } from "../api/client";
import { keep, sessionQuery, useCan, useSession } from "../api/session";
import classes from "./Rail.module.css";

export function WorkspaceSwitch() {
  const { workspace, workspaces } = useSession();
  const switchTo = useSwitchWorkspace();
  const canCreate = useCan("admin");
  return (
    <Menu width={240} position="bottom-start">
      <Menu.Target>
        <UnstyledButton className={classes.workspace}>
          <span className={classes.mark} aria-hidden>
            {workspace.name.charAt(0).toUpperCase()}
          </span>
          <span className="visually-hidden">Workspace</span>
          <span className={classes.strong}>{workspace.name}</span>
          <ChevronsUpDown size={14} color="var(--sl-muted)" aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Workspaces</Menu.Label>
        {workspaces.map((other) => (
          <Menu.Item
            key={other.id}
            rightSection={other.id === workspace.id ? <Check size={14} aria-label="Current" /> : null}
            onClick={() => other.id !== workspace.id && switchTo.mutate(other.id)}
          >
            {other.name}
          </Menu.Item>
        ))}
        {canCreate ? (
          <>
            <Menu.Divider />
            <Menu.Item
              component={Link}
              to="/workspaces/new"
              leftSection={<Plus size={14} aria-hidden />}
              c="var(--sl-text)"
            >
              Create workspace
            </Menu.Item>
          </>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Everything on the screen belongs to one workspace: after the switch it is read anew, from Home. */
function useSwitchWorkspace() {
  const queryClient = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: (workspaceId: string) => data(api.PATCH("/session", { body: { workspaceId } })),
    onSuccess: async (session) => {
      await router.navigate({ to: "/" });
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, keep(session));
    },
  });
}
