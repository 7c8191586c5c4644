import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { search, text } from "../lib/url";
import { shellRoute } from "./root";

export const cohortRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/cohorts",
    validateSearch: search({ q: text }),
    component: lazyRouteComponent(() => import("./pages/CohortRoutes"), "CohortsRoute"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/cohorts/new",
    validateSearch: search({ name: text, q: text }),
    component: lazyRouteComponent(() => import("./pages/CohortRoutes"), "NewCohortRoute"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/cohorts/$cohortId",
    component: lazyRouteComponent(() => import("./pages/CohortRoutes"), "CohortRoute"),
  }),
] as const;
