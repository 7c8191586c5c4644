// The places of the console, in the order of the rail. A page stands here when it works.

import type { LinkProps } from "@tanstack/react-router";
import { House } from "lucide-react";
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
];
