import { Button, Menu, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import {
  usePasswordReset,
  type User,
  usersQuery,
  useRemoveUser,
  useSetRole,
} from "../../api/queries/users";
import { useCan, useSession } from "../../api/session";
import { type Column, DataTable } from "../../components/DataTable";
import { notifyFailed } from "../../components/notify";
import { QueryView } from "../../components/QueryView";
import { RelativeTime } from "../../components/RelativeTime";
import { SecretOnce } from "../../components/Secret";
import { useConfirm } from "../../components/useConfirm";
import { InviteDialog, Invites } from "./Invites";
import { ROLES } from "./roles";
import classes from "./settings.module.css";

export function UsersSettings() {
  const users = useQuery(usersQuery);
  const isAdmin = useCan("admin");
  const [opened, invite] = useDisclosure(false);
  const columns = isAdmin ? [...COLUMNS, ACTIONS] : COLUMNS;
  return (
    <div className={classes.stack}>
      <div className={classes.head}>
        <p className={classes.lead}>People who sign in to this workspace.</p>
        {isAdmin ? <Button onClick={invite.open}>Invite user</Button> : null}
      </div>
      <QueryView query={users} failed="The users could not be read">
        {(list) => <DataTable label="Users" rows={list} columns={columns} rowKey={(user) => user.id} />}
      </QueryView>
      {isAdmin ? <Invites /> : null}
      {opened ? <InviteDialog onClose={invite.close} /> : null}
    </div>
  );
}

const COLUMNS: Column<User>[] = [
  { key: "name", title: "Name", sort: (user) => user.name, cell: (user) => <strong>{user.name || user.email}</strong> },
  { key: "email", title: "Email", sort: (user) => user.email, cell: (user) => user.email },
  { key: "role", title: "Role", width: 100, sort: (user) => user.role, cell: (user) => user.role },
  {
    key: "seen",
    title: "Last sign-in",
    width: 140,
    sort: (user) => user.lastSignedInAt,
    cell: (user) => <RelativeTime at={user.lastSignedInAt} />,
  },
];

const ACTIONS: Column<User> = {
  key: "act",
  title: "Actions",
  width: 96,
  align: "right",
  cell: (user) => <UserActions user={user} />,
};

function UserActions({ user }: { user: User }) {
  const session = useSession();
  const setRole = useSetRole();
  const remove = useRemoveUser();
  const reset = usePasswordReset();
  const [dialog, ask] = useConfirm();
  const [link, setLink] = useState<string>();
  const failed = (error: Error) => notifyFailed("Nothing was changed", error);
  const askRemove = () =>
    ask({
      title: `Remove ${user.name || user.email}?`,
      words: "They lose access to this workspace at once. What they made stays.",
      verb: "Remove user",
      act: () => remove.mutate(user.id, { onError: failed }),
    });
  return (
    <>
      <Menu position="bottom-end" width={300}>
        <Menu.Target>
          <Button variant="subtle" color="gray" size="compact-sm" aria-label={`Actions for ${user.email}`}>
            <Ellipsis size={16} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Role</Menu.Label>
          {ROLES.map((role) => (
            <Menu.Item
              key={role.value}
              disabled={role.value === user.role}
              onClick={() => setRole.mutate({ userId: user.id, role: role.value }, { onError: failed })}
            >
              {role.label}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            onClick={() =>
              reset.mutate(user.id, { onError: failed, onSuccess: ({ url }) => setLink(url) })
            }
          >
            Make a password link
          </Menu.Item>
          <Menu.Item c="var(--sl-bad)" disabled={user.id === session.user.id} onClick={askRemove}>
            Remove from workspace
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={link !== undefined} onClose={() => setLink(undefined)} title="Password link" closeButtonProps={{ "aria-label": "Close" }}>
        <div className={classes.entry}>
          <span>Give it to {user.name || user.email}. It works once, for a day, and is not shown again.</span>
          <SecretOnce value={link ?? ""} what="link" />
        </div>
      </Modal>
      {dialog}
    </>
  );
}
