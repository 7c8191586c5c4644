import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { search, text } from "../lib/url";
import { shellRoute } from "./root";

export const peopleRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/people",
    validateSearch: search({ q: text }),
    component: lazyRouteComponent(() => import("./pages/PeopleRoutes"), "PeopleRoute"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/people/$personId",
    validateSearch: search({ name: text, event: text }),
    component: lazyRouteComponent(() => import("./pages/PeopleRoutes"), "PersonRoute"),
  }),
] as const;
