import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "./root";

export const dashboardRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/dashboards",
    component: lazyRouteComponent(() => import("./pages/DashboardRoutes"), "DefaultDashboardRoute"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/dashboards/$dashboardId",
    component: lazyRouteComponent(() => import("./pages/DashboardRoutes"), "DashboardRoute"),
  }),
] as const;
