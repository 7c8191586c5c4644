// The places of the console, in the order of the rail. A page stands here when it works.

import type { LinkProps } from "@tanstack/react-router";
import {
  Activity,
  BookOpen,
  ChartSpline,
  House,
  LayoutDashboard,
  Plug,
  Radio,
  Send,
  Settings,
  Users,
  UsersRound,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";

export interface Place {
  label: string;
  to: NonNullable<LinkProps["to"]>;
  icon: LucideIcon;
  /** Other words that find it in the palette. */
  words?: string;
}

export interface PlaceGroup {
  /** Absent for the places at the top. */
  label?: string;
  places: Place[];
}

export const NAV: PlaceGroup[] = [
  { places: [{ label: "Home", to: "/", icon: House, words: "ledger overview start" }] },
  {
    label: "Connect",
    places: [
      { label: "Sources", to: "/sources", icon: Plug, words: "write key snippet code" },
      { label: "Destinations", to: "/destinations", icon: Send, words: "webhook dead letters" },
    ],
  },
  {
    label: "Govern",
    places: [
      { label: "Live events", to: "/live-events", icon: Radio, words: "stream debugger refused" },
      { label: "Schema", to: "/schema", icon: BookOpen, words: "dictionary taxonomy events properties hidden deprecated custom" },
    ],
  },
  {
    label: "Understand",
    places: [
      { label: "Insights", to: "/insights", icon: ChartSpline, words: "trend funnel chart question" },
      { label: "Dashboards", to: "/dashboards", icon: LayoutDashboard, words: "board overview charts" },
      { label: "Cohorts", to: "/cohorts", icon: UsersRound, words: "segments audiences behaviour groups of people" },
    ],
  },
  {
    label: "People",
    places: [{ label: "People", to: "/people", icon: Users, words: "users profiles identity merge" }],
  },
  {
    label: "Operate",
    places: [
      { label: "Health", to: "/health", icon: Activity, words: "deliveries ready latency" },
      { label: "Settings", to: "/settings", icon: Settings, words: "users tokens audit invite" },
    ],
  },
];
