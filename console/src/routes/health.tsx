import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "./root";

export const healthRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/health",
    component: lazyRouteComponent(() => import("../features/health/HealthPage"), "HealthPage"),
  }),
] as const;
