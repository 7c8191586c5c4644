import { Tabs } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCan, useSession } from "../../api/session";
import { Page } from "../../components/Page";
import { AccountSettings } from "./AccountSettings";
import { AuditTrail } from "./AuditTrail";
import { TokensSettings } from "./TokensSettings";
import { UsersSettings } from "./UsersSettings";
import { WorkspaceSettings } from "./WorkspaceSettings";

const route = getRouteApi("/shell/settings");
type Tab = NonNullable<ReturnType<typeof route.useSearch>["tab"]>;

export function SettingsPage() {
  const { tab = "workspace" } = route.useSearch();
  const { workspace } = useSession();
  const isAdmin = useCan("admin");
  const navigate = useNavigate();
  return (
    <Page title={`Who may do what in ${workspace.name}?`} name="Settings">
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          void navigate({ to: "/settings", search: { tab: value as Tab }, replace: true })
        }
      >
        <Tabs.List mb={16}>
          <Tabs.Tab value="workspace">Workspace</Tabs.Tab>
          <Tabs.Tab value="users">Users</Tabs.Tab>
          {isAdmin ? <Tabs.Tab value="tokens">Tokens</Tabs.Tab> : null}
          {isAdmin ? <Tabs.Tab value="audit">Audit trail</Tabs.Tab> : null}
          <Tabs.Tab value="account">Your account</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="workspace">
          <WorkspaceSettings />
        </Tabs.Panel>
        <Tabs.Panel value="users">
          <UsersSettings />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <TokensSettings />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <AuditTrail />
        </Tabs.Panel>
        <Tabs.Panel value="account">
          <AccountSettings />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
