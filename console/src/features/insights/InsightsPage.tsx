import { Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChartSpline, Plus } from "lucide-react";
import { useCan } from "../../api/session";
import { eventNamesQuery } from "../../api/queries/eventSchema";
import { insightsQuery } from "../../api/queries/insights";
import { EmptyState } from "../../components/EmptyState";
import { ClearFilters, TextFilter } from "../../components/filters";
import { Page } from "../../components/Page";
import { QueryView } from "../../components/QueryView";
import { BlockSkeleton } from "../../components/Skeletons";
import { InsightPreview } from "./InsightCard";
import classes from "./insights.module.css";
import { queryToUrl, type Kind } from "./model";
import { INSIGHT_KINDS, kindOf } from "./registry";
import { Templates } from "./Templates";

interface Props {
  q: string | undefined;
  onFilter: (q: string | undefined) => void;
}

export function InsightsPage({ q, onFilter }: Props) {
  const insights = useQuery(insightsQuery);
  const needle = q?.toLowerCase() ?? "";
  return (
    <Page
      name="Insights"
      title="What do people do?"
      action={<NewInsight />}
      filters={
        <>
          <TextFilter label="Search insights" value={q} onChange={onFilter} />
          <ClearFilters active={q !== undefined} onClear={() => onFilter(undefined)} />
        </>
      }
    >
      <QueryView
        query={insights}
        failed="The saved insights could not be read"
        loading={<BlockSkeleton height={220} />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState icon={ChartSpline} title="The questions that you save stand here, each with its chart" action={<NewInsight />}>
            Ask how much of something happened over time, how many people get from one step to the next, or how many come back.
          </EmptyState>
        }
      >
        {(list) => {
          const shown = list
            .filter((one) => `${one.name} ${kindOf(one.query.kind).describe(one.query)}`.toLowerCase().includes(needle))
            .reverse();
          if (shown.length === 0) return <EmptyState title="No insight has this in its name or question" />;
          return (
            <div className={classes.cards}>
              {shown.map((insight) => (
                <InsightPreview key={insight.id} insight={insight} height={120} />
              ))}
            </div>
          );
        }}
      </QueryView>
      {insights.data && needle === "" ? <Templates /> : null}
    </Page>
  );
}

function NewInsight() {
  const may = useCan("viewer");
  const seen = useQuery(eventNamesQuery).data ?? [];
  const names = seen.map((one) => one.name);
  if (!may) return null;
  return (
    <Menu position="bottom-end" shadow="none">
      <Menu.Target>
        <Button leftSection={<Plus size={14} aria-hidden />}>New insight</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(INSIGHT_KINDS) as Kind[]).map((name) => {
          const kind = kindOf(name);
          return (
            <Menu.Item
              key={name}
              leftSection={<kind.icon size={16} aria-hidden />}
              component={Link}
              to="/insights/new"
              search={{ q: queryToUrl(kind.blank(names)) } as never}
            >
              <div>{kind.label}</div>
              <div style={{ color: "var(--sl-muted)", fontSize: 12 }}>{kind.words}</div>
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
