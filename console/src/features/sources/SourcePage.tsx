import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type Source, sourceQuery } from "../../api/queries/sources";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { BlockSkeleton } from "../../components/Skeletons";
import { FirstEvent } from "./FirstEvent";
import { SourceDestinations } from "./SourceDestinations";
import { SourceSettings } from "./SourceSettings";
import { SourceCode } from "./SourceCode";
import { WriteKeys } from "./WriteKeys";
import classes from "./sources.module.css";

const route = getRouteApi("/shell/sources/$sourceId");

export function SourcePage() {
  const { sourceId } = route.useParams();
  const source = useQuery(sourceQuery(sourceId));
  return (
    <Page title={source.data?.name ?? "Source"} name={source.data?.name ?? "Source"}>
      <QueryView
        query={source}
        failed="The source could not be read"
        loading={<BlockSkeleton height={240} />}
      >
        {(found) => <SourceTabs source={found} />}
      </QueryView>
    </Page>
  );
}

function SourceTabs({ source }: { source: Source }) {
  const { tab = "code", library } = route.useSearch();
  const navigate = useNavigate();
  const go = (search: { tab?: "code" | "settings"; library?: string | undefined }) =>
    void navigate({
      to: "/sources/$sourceId",
      params: { sourceId: source.id },
      search,
      replace: true,
    });
  return (
    <Tabs value={tab} onChange={(value) => go({ tab: value === "settings" ? "settings" : "code" })} keepMounted={false}>
      <Tabs.List mb={16}>
        <Tabs.Tab value="code">Set up</Tabs.Tab>
        <Tabs.Tab value="settings">Settings</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="code">
        <div className={classes.columns}>
          <div className={classes.main}>
            <FirstEvent source={source} />
            <SourceCode
              source={source}
              library={library}
              onLibrary={(value) => go({ tab: "code", library: value })}
            />
          </div>
          <div className={classes.side}>
            <WriteKeys source={source} />
            <SourceDestinations sourceId={source.id} />
          </div>
        </div>
      </Tabs.Panel>
      <Tabs.Panel value="settings">
        <SourceSettings source={source} />
      </Tabs.Panel>
    </Tabs>
  );
}
