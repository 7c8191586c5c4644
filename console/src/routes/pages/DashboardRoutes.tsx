// Dashboards show insights: here, where both are known, they meet.

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { DashboardPage } from "../../features/dashboards/DashboardPage";
import { InsightCard } from "../../features/insights/InsightCard";
import { SharedFilters } from "../../features/insights/SharedFilters";
import { SharedRange } from "../../features/insights/SharedRange";

const oneApi = getRouteApi("/shell/dashboards/$dashboardId");

export function DefaultDashboardRoute() {
  return <Board dashboardId={undefined} />;
}

export function DashboardRoute() {
  return <Board dashboardId={oneApi.useParams().dashboardId} />;
}

function Board({ dashboardId }: { dashboardId: string | undefined }) {
  const navigate = useNavigate();
  const open = (id: string) =>
    void (id === ""
      ? navigate({ to: "/dashboards" })
      : navigate({ to: "/dashboards/$dashboardId", params: { dashboardId: id } }));
  return (
    <DashboardPage
      dashboardId={dashboardId}
      onOpen={open}
      renderInsight={({ insight, range, filters, height, menu }) => (
        <InsightCard insight={insight} range={range} filters={filters} height={height} menu={menu} />
      )}
      renderRange={(range, onChange) => <SharedRange value={range} onChange={onChange} />}
      renderFilters={(filters, onChange) => <SharedFilters value={filters} onChange={onChange} />}
    />
  );
}
