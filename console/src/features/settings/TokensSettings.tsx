import { Button, Select, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type Token, tokensQuery, useCreateToken, useRevokeToken } from "../../api/queries/tokens";
import { type Column, DataTable } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { FormDialog } from "../../components/FormDialog";
import { notifyFailed } from "../../components/notify";
import { QueryView } from "../../components/QueryView";
import { RelativeTime } from "../../components/RelativeTime";
import { SecretMasked, SecretOnce } from "../../components/Secret";
import { useConfirm } from "../../components/useConfirm";
import { ROLES, roleOf } from "./roles";
import classes from "./settings.module.css";

export function TokensSettings() {
  const tokens = useQuery(tokensQuery);
  const revoke = useRevokeToken();
  const [dialog, ask] = useConfirm();
  const [opened, create] = useDisclosure(false);
  const askRevoke = (token: Token) =>
    ask({
      title: `Revoke ${token.name}?`,
      words: "Whatever uses it is turned away at once and for ever.",
      verb: "Revoke token",
      act: () =>
        revoke.mutate(token.id, {
          onError: (error) => notifyFailed("The token was not revoked", error),
        }),
    });
  const columns: Column<Token>[] = [
    { key: "name", title: "Name", sort: (token) => token.name, cell: (token) => <strong>{token.name}</strong> },
    { key: "role", title: "Role", width: 120, sort: (token) => token.role, cell: (token) => token.role },
    { key: "secret", title: "Secret", width: 140, cell: (token) => <SecretMasked last4={token.last4} /> },
    { key: "created", title: "Created", width: 140, sort: (token) => token.createdAt, cell: (token) => <RelativeTime at={token.createdAt} /> },
    {
      key: "act",
      title: "Actions",
      width: 130,
      align: "right",
      cell: (token) => (
        <Button variant="subtle" color="gray" size="compact-sm" aria-label={`Revoke ${token.name}`} onClick={() => askRevoke(token)}>
          Revoke
        </Button>
      ),
    },
  ];
  return (
    <div className={classes.stack}>
      <div className={classes.head}>
        <p className={classes.lead}>For programs that use the API, as Authorization: Bearer TOKEN.</p>
        <Button onClick={create.open}>Create token</Button>
      </div>
      <QueryView
        query={tokens}
        failed="The tokens could not be read"
        isEmpty={(list) => list.length === 0}
        empty={<EmptyState icon={KeyRound} title="No token yet">A program that uses the API needs one.</EmptyState>}
      >
        {(list) => <DataTable label="Tokens" rows={list} columns={columns} rowKey={(token) => token.id} />}
      </QueryView>
      {opened ? <CreateToken onClose={create.close} /> : null}
      {dialog}
    </div>
  );
}

function CreateToken({ onClose }: { onClose: () => void }) {
  const create = useCreateToken();
  return (
    <FormDialog
      opened
      onClose={onClose}
      title="Create token"
      verb="Create token"
      busy={create.isPending}
      error={create.error}
      onSubmit={(values) =>
        create.mutate({ name: String(values.get("name")), role: roleOf(String(values.get("role"))) })
      }
      fields={(problems) => (
        <>
          <TextInput name="name" label="Name" placeholder="terraform" error={problems["name"]} required data-autofocus />
          <Select name="role" label="Role" data={ROLES} defaultValue="viewer" allowDeselect={false} />
        </>
      )}
      result={
        create.data ? (
          <>
            <span>This is the only time that the secret is shown.</span>
            <SecretOnce value={create.data.secret} what="secret" />
          </>
        ) : null
      }
    />
  );
}
