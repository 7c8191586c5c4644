import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { oneOf, search } from "../lib/url";
import { shellRoute } from "./root";

export const settingsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings",
    validateSearch: search({ tab: oneOf("workspace", "users", "tokens", "audit", "account") }),
    component: lazyRouteComponent(() => import("../features/settings/SettingsPage"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/workspaces/new",
    component: lazyRouteComponent(
      () => import("../features/settings/NewWorkspacePage"),
      "NewWorkspacePage",
    ),
  }),
] as const;
