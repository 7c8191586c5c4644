import { getRouteApi } from "@tanstack/react-router";
import { SchemaPage } from "../../features/schema/SchemaPage";

const pageApi = getRouteApi("/shell/schema");

export function SchemaRoute() {
  const search = pageApi.useSearch();
  const navigate = pageApi.useNavigate();
  return <SchemaPage search={search} onSearch={(to) => void navigate({ search: to, replace: true })} />;
}
