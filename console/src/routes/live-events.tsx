import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { LIVE_STATES } from "../api/queries/liveEvents";
import { oneOf, search, text } from "../lib/url";
import { shellRoute } from "./root";

export const liveEventsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/live-events",
    validateSearch: search({
      sourceId: text,
      type: text,
      name: text,
      person: text,
      state: oneOf(...LIVE_STATES),
      q: text,
      open: text,
    }),
    component: lazyRouteComponent(
      () => import("../features/live-events/LiveEventsPage"),
      "LiveEventsPage",
    ),
  }),
] as const;
