import { getRouteApi } from "@tanstack/react-router";
import { BuilderPage } from "../../features/insights/BuilderPage";
import { InsightsPage } from "../../features/insights/InsightsPage";

const listApi = getRouteApi("/shell/insights");
const newApi = getRouteApi("/shell/insights/new");
const oneApi = getRouteApi("/shell/insights/$insightId");

export function InsightsRoute() {
  const { q } = listApi.useSearch();
  const navigate = listApi.useNavigate();
  return <InsightsPage q={q} onFilter={(to) => void navigate({ search: { q: to }, replace: true })} />;
}

export function NewInsightRoute() {
  const search = newApi.useSearch();
  const navigate = newApi.useNavigate();
  return <BuilderPage search={search} onSearch={(to, replace) => void navigate({ search: to, replace })} />;
}

export function InsightRoute() {
  const { insightId } = oneApi.useParams();
  const search = oneApi.useSearch();
  const navigate = oneApi.useNavigate();
  return (
    <BuilderPage
      key={insightId}
      insightId={insightId}
      search={search}
      onSearch={(to, replace) => void navigate({ search: to, replace })}
    />
  );
}
