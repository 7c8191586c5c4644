// All routes. A feature adds its file's routes here and its place in `app/nav.ts`.

import { createRouter } from "@tanstack/react-router";
import { NotFound, RouteError } from "../app/RouteStates";
import { queryClient } from "../app/queryClient";
import { BlockSkeleton } from "../components/Skeletons";
import { parseSearch, stringifySearch } from "../lib/url";
import { cohortRoutes } from "./cohorts";
import { destinationsRoutes } from "./destinations";
import { dashboardRoutes } from "./dashboards";
import { entryRoutes } from "./entry";
import { healthRoutes } from "./health";
import { homeRoutes } from "./home";
import { liveEventsRoutes } from "./live-events";
import { insightRoutes } from "./insights";
import { peopleRoutes } from "./people";
import { rootRoute, shellRoute } from "./root";
import { schemaRoutes } from "./schema";
import { settingsRoutes } from "./settings";
import { sourcesRoutes } from "./sources";

const routeTree = rootRoute.addChildren([
  ...entryRoutes,
  shellRoute.addChildren([
    ...homeRoutes,
    ...sourcesRoutes,
    ...destinationsRoutes,
    ...liveEventsRoutes,
    ...healthRoutes,
    ...settingsRoutes,
    ...insightRoutes,
    ...dashboardRoutes,
    ...cohortRoutes,
    ...schemaRoutes,
    ...peopleRoutes,
  ]),
]);

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: "intent",
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFound,
  defaultPendingComponent: BlockSkeleton,
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
