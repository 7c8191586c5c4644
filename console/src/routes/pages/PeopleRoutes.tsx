import { getRouteApi, notFound } from "@tanstack/react-router";
import { PeoplePage } from "../../features/people/PeoplePage";
import { PersonPage } from "../../features/people/PersonPage";

const listApi = getRouteApi("/shell/people");
const oneApi = getRouteApi("/shell/people/$personId");

export function PeopleRoute() {
  const { q } = listApi.useSearch();
  const navigate = listApi.useNavigate();
  return <PeoplePage q={q} onSearch={(to) => void navigate({ search: { q: to }, replace: true })} />;
}

export function PersonRoute() {
  const personId = Number(oneApi.useParams().personId);
  const { name, event } = oneApi.useSearch();
  const navigate = oneApi.useNavigate();
  if (!Number.isSafeInteger(personId) || personId < 1) throw notFound();
  return (
    <PersonPage
      key={personId}
      personId={personId}
      name={name}
      event={event}
      onChange={(search) => void navigate({ search, replace: true })}
    />
  );
}
