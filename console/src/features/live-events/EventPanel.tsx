import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Receipt, receiptAtQuery } from "../../api/queries/liveEvents";
import type { Source } from "../../api/queries/sources";
import { CodeBlock } from "../../components/Code";
import { EventWay } from "../../components/EventWay";
import { Facts } from "../../components/Facts";
import { Id } from "../../components/Id";
import { JsonView } from "../../components/JsonView";
import { QueryView } from "../../components/QueryView";
import { RelativeTime } from "../../components/RelativeTime";
import { SidePanel } from "../../components/SidePanel";
import { TextSkeleton } from "../../components/Skeletons";
import { formatNumber } from "../../lib/format";
import classes from "./live.module.css";
import { Outcome } from "./Outcome";
import { prettyCall } from "./pretty";
import { TypeBadge } from "./TypeBadge";

interface Props {
  receivedOffset: string | undefined;
  sources: Source[];
  onClose: () => void;
  onOpen: (receivedOffset: string) => void;
}

export function EventPanel({ receivedOffset, sources, onClose, onOpen }: Props) {
  const receipt = useQuery({
    ...receiptAtQuery(receivedOffset ?? ""),
    enabled: receivedOffset !== undefined,
  });
  return (
    <SidePanel
      opened={receivedOffset !== undefined}
      onClose={onClose}
      title={<PanelTitle receipt={receipt.data} />}
    >
      <QueryView query={receipt} failed="The event could not be read" loading={<TextSkeleton lines={8} />}>
        {(found) => <EventTabs receipt={found} sources={sources} onOpen={onOpen} />}
      </QueryView>
    </SidePanel>
  );
}

function PanelTitle({ receipt }: { receipt: Receipt | undefined }) {
  if (!receipt) return "Event";
  const text = (key: string) => {
    const value = receipt.event?.[key];
    return typeof value === "string" ? value : undefined;
  };
  return (
    <span className={classes.title}>
      <TypeBadge type={text("type")} />
      {text("event") ?? text("name") ?? text("userId") ?? ""}
    </span>
  );
}

interface TabsProps {
  receipt: Receipt;
  sources: Source[];
  onOpen: (receivedOffset: string) => void;
}

function EventTabs({ receipt, sources, onOpen }: TabsProps) {
  const { event } = receipt;
  const source = sources.find((one) => one.id === receipt.sourceId)?.name;
  const id = (key: string) => {
    const value = event?.[key];
    return typeof value === "string" && value !== "" ? <Id value={value} what={key} /> : undefined;
  };
  return (
    <>
      <Outcome receipt={receipt} onOpen={onOpen} />
      <Tabs defaultValue={event ? "pretty" : "raw"} keepMounted={false}>
        <Tabs.List mb={12}>
          {event ? <Tabs.Tab value="pretty">Pretty</Tabs.Tab> : null}
          <Tabs.Tab value="raw">Raw</Tabs.Tab>
          <Tabs.Tab value="way">Way</Tabs.Tab>
        </Tabs.List>
        {event ? (
          <Tabs.Panel value="pretty">
            <CodeBlock code={prettyCall(event)} label="The call" />
            <Facts
              items={[
                ["User id", id("userId")],
                ["Anonymous id", id("anonymousId")],
                ["Message id", receipt.messageId ? <Id value={receipt.messageId} what="message id" /> : null],
                ["Source", source],
                ["Received", <RelativeTime key="received" at={receipt.receivedAt} />],
                ["Place", formatNumber(receipt.receivedOffset)],
              ]}
            />
          </Tabs.Panel>
        ) : null}
        <Tabs.Panel value="raw">
          {event || receipt.text ? (
            <JsonView value={event ?? receipt.text} label="The event" />
          ) : (
            <p className={classes.detail}>Its content is no longer kept.</p>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="way">
          <EventWay receipt={receipt} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
