import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { isApiError, messageOf } from "../../api/errors";
import { type Invite, invitesQuery, useInvite, useWithdrawInvite } from "../../api/queries/users";
import { type Column, DataTable } from "../../components/DataTable";
import { notifyFailed } from "../../components/notify";
import { RelativeTime, useNow } from "../../components/RelativeTime";
import { SecretOnce } from "../../components/Secret";
import { ROLES, roleOf } from "./roles";
import classes from "./settings.module.css";

/** Shown only if somebody is invited. */
export function Invites() {
  const invites = useQuery(invitesQuery).data ?? [];
  const withdraw = useWithdrawInvite();
  const now = useNow();
  if (invites.length === 0) return null;
  const columns: Column<Invite>[] = [
    { key: "email", title: "Email", sort: (invite) => invite.email, cell: (invite) => <strong>{invite.email}</strong> },
    { key: "role", title: "Role", width: 100, cell: (invite) => invite.role },
    {
      key: "expires",
      title: "Works until",
      width: 140,
      cell: (invite) =>
        Date.parse(invite.expiresAt) < now ? "expired" : <RelativeTime at={invite.expiresAt} />,
    },
    {
      key: "act",
      title: "Actions",
      width: 140,
      align: "right",
      cell: (invite) => (
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          aria-label={`Withdraw the invitation of ${invite.email}`}
          onClick={() =>
            withdraw.mutate(invite.id, {
              onError: (error) => notifyFailed("The invitation was not withdrawn", error),
            })
          }
        >
          Withdraw
        </Button>
      ),
    },
  ];
  return (
    <>
      <h2 className={classes.heading}>Invited</h2>
      <DataTable label="Invitations" rows={invites} columns={columns} rowKey={(invite) => invite.id} />
    </>
  );
}

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const invite = useInvite();
  const problems = isApiError(invite.error) ? invite.error.byField() : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    invite.mutate({ email: String(form.get("email")), role: roleOf(String(form.get("role"))) });
  };
  return (
    <Modal opened onClose={onClose} title="Invite user" closeButtonProps={{ "aria-label": "Close" }}>
      {invite.data ? (
        <div className={classes.entry}>
          <span>
            Give this link to {invite.data.invite.email}. It works once and is not shown again.
          </span>
          <SecretOnce value={invite.data.url} what="link" />
          <div className={classes.buttons}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      ) : (
        <form className={classes.entry} onSubmit={submit}>
          <TextInput
            name="email"
            type="email"
            label="Email"
            error={problems["email"] ?? (invite.isError ? messageOf(invite.error) : null)}
            required
            data-autofocus
          />
          <Select name="role" label="Role" data={ROLES} defaultValue="editor" allowDeselect={false} />
          <div className={classes.buttons}>
            <Button type="submit" loading={invite.isPending}>
              Make invitation
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}
