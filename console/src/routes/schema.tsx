import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { oneOf, search, text } from "../lib/url";
import { shellRoute } from "./root";

export const schemaRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/schema",
    validateSearch: search({ tab: oneOf("events", "properties", "traits"), q: text, all: oneOf("1"), open: text }),
    component: lazyRouteComponent(() => import("./pages/SchemaRoutes"), "SchemaRoute"),
  }),
] as const;
