import { getRouteApi } from "@tanstack/react-router";
import { CohortPage, NewCohortPage } from "../../features/insights/cohorts/CohortPage";
import { CohortsPage } from "../../features/insights/cohorts/CohortsPage";

const listApi = getRouteApi("/shell/cohorts");
const newApi = getRouteApi("/shell/cohorts/new");
const oneApi = getRouteApi("/shell/cohorts/$cohortId");

export function CohortsRoute() {
  const { q } = listApi.useSearch();
  const navigate = listApi.useNavigate();
  return <CohortsPage q={q} onFilter={(to) => void navigate({ search: { q: to }, replace: true })} />;
}

export function NewCohortRoute() {
  return <NewCohortPage draft={newApi.useSearch()} />;
}

export function CohortRoute() {
  const { cohortId } = oneApi.useParams();
  return <CohortPage key={cohortId} cohortId={cohortId} />;
}
