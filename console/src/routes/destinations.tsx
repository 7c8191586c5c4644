import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { oneOf, search, text } from "../lib/url";
import { shellRoute } from "./root";

export const destinationsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/destinations",
    validateSearch: search({ q: text }),
    component: lazyRouteComponent(
      () => import("../features/destinations/DestinationsPage"),
      "DestinationsPage",
    ),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/destinations/new",
    validateSearch: search({ q: text, show: oneOf("all", "available", "unavailable") }),
    component: lazyRouteComponent(() => import("../features/destinations/CatalogPage"), "CatalogPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/destinations/new/$kindId",
    component: lazyRouteComponent(
      () => import("../features/destinations/NewDestinationPage"),
      "NewDestinationPage",
    ),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/destinations/$destinationId",
    validateSearch: search({
      tab: oneOf("delivery", "mappings", "dead", "routing", "filters", "settings"),
      mapping: text,
      oauth: text,
    }),
    component: lazyRouteComponent(
      () => import("../features/destinations/DestinationPage"),
      "DestinationPage",
    ),
  }),
] as const;
