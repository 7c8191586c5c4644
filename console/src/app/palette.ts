// What the palette finds.

import type { LinkProps } from "@tanstack/react-router";
import type { LucideIcon } from "lucide-react";

/** Somewhere to go. */
export interface Target {
  key: string;
  label: string;
  /** What it is: the group of a place, or the kind of a thing. */
  group: string;
  /** Other words that find it. */
  words?: string | undefined;
  icon: LucideIcon;
  link: Pick<LinkProps, "to" | "params" | "search">;
}

const FOUND_MAX = 30;

/** Targets whose label, group or other words hold all that was typed; beginnings of labels first. */
export function findTargets(targets: readonly Target[], typed: string): Target[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = targets.filter(({ label, group, words: more = "" }) => {
    const text = `${label} ${group} ${more}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const begins = ({ label }: Target) => label.toLowerCase().startsWith(words[0] ?? "");
  return [...fits.filter(begins), ...fits.filter((found) => !begins(found))].slice(0, FOUND_MAX);
}
