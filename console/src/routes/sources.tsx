import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { oneOf, search, text } from "../lib/url";
import { shellRoute } from "./root";

export const sourcesRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/sources",
    validateSearch: search({ q: text }),
    component: lazyRouteComponent(() => import("../features/sources/SourcesPage"), "SourcesPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/sources/new",
    component: lazyRouteComponent(
      () => import("../features/sources/NewSourcePage"),
      "NewSourcePage",
    ),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/sources/$sourceId",
    validateSearch: search({ tab: oneOf("code", "settings"), library: text }),
    component: lazyRouteComponent(() => import("../features/sources/SourcePage"), "SourcePage"),
  }),
] as const;
