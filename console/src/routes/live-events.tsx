import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { firstLivePage, LIVE_STATES, type LiveFilter } from "../api/queries/liveEvents";
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
    // The rows come while the page's code does.
    loader: ({ context, location }) => {
      const search: LiveFilter & { open?: string | undefined } = { ...location.search };
      // Which event is open is no filter.
      delete search.open;
      void context.queryClient.prefetchQuery(firstLivePage(search));
    },
    component: lazyRouteComponent(
      () => import("../features/live-events/LiveEventsPage"),
      "LiveEventsPage",
    ),
  }),
] as const;
