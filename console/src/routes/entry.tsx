// The ways in: for nobody yet signed in.

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { search, text } from "../lib/url";
import { rootRoute } from "./root";

export const entryRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/sign-in",
    validateSearch: search({ next: text, link: text }),
    component: lazyRouteComponent(() => import("../features/entry/SignInPage"), "SignInPage"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/setup",
    validateSearch: search({ token: text }),
    component: lazyRouteComponent(() => import("../features/entry/SetupPage"), "SetupPage"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/invite",
    validateSearch: search({ code: text }),
    component: lazyRouteComponent(() => import("../features/entry/InvitePage"), "InvitePage"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/reset-password",
    validateSearch: search({ code: text }),
    component: lazyRouteComponent(() => import("../features/entry/ResetPage"), "ResetPage"),
  }),
] as const;
