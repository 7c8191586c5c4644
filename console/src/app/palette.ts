// What the palette finds.

import type { Place, PlaceGroup } from "./nav";

export interface Found {
  place: Place;
  group: string;
}

/** Places whose label, group or other words hold all that was typed; beginnings of labels first. */
export function findPlaces(nav: readonly PlaceGroup[], typed: string): Found[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const all = nav.flatMap((group) =>
    group.places.map((place) => ({ place, group: group.label ?? "" })),
  );
  const fits = all.filter(({ place, group }) => {
    const text = `${place.label} ${group} ${place.words ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const begins = ({ place }: Found) => place.label.toLowerCase().startsWith(words[0] ?? "");
  return [...fits.filter(begins), ...fits.filter((found) => !begins(found))];
}
