import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { insightQuery } from "../api/queries/insights";
import { oneOf, search, text } from "../lib/url";
import { shellRoute } from "./root";

const builderSearch = search({
  q: text,
  chart: oneOf("line", "area", "stacked", "bar", "table", "number", "funnel", "times", "grid", "flow"),
  hide: text,
  people: text,
  around: text,
});

export const insightsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/insights",
  validateSearch: search({ q: text }),
  component: lazyRouteComponent(() => import("./pages/InsightRoutes"), "InsightsRoute"),
});

export const newInsightRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/insights/new",
  validateSearch: builderSearch,
  component: lazyRouteComponent(() => import("./pages/InsightRoutes"), "NewInsightRoute"),
});

export const insightRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/insights/$insightId",
  validateSearch: builderSearch,
  // The question comes while the page's code does.
  loader: ({ context, params }) => {
    void context.queryClient.prefetchQuery(insightQuery(params.insightId));
  },
  component: lazyRouteComponent(() => import("./pages/InsightRoutes"), "InsightRoute"),
});

export const insightRoutes = [insightsRoute, newInsightRoute, insightRoute] as const;
