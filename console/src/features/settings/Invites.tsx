import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Invite, invitesQuery, useInvite, useWithdrawInvite } from "../../api/queries/users";
import { type Column, DataTable } from "../../components/DataTable";
import { FormDialog } from "../../components/FormDialog";
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
  return (
    <FormDialog
      opened
      onClose={onClose}
      title="Invite user"
      verb="Make invitation"
      busy={invite.isPending}
      error={invite.error}
      onSubmit={(values) =>
        invite.mutate({ email: String(values.get("email")), role: roleOf(String(values.get("role"))) })
      }
      fields={(problems) => (
        <>
          <TextInput name="email" type="email" label="Email" error={problems["email"]} required data-autofocus />
          <Select name="role" label="Role" data={ROLES} defaultValue="editor" allowDeselect={false} />
        </>
      )}
      result={
        invite.data ? (
          <>
            <span>
              Give this link to {invite.data.invite.email}. It works once and is not shown again.
            </span>
            <SecretOnce value={invite.data.url} what="link" />
          </>
        ) : null
      }
    />
  );
}
