// The workspace's time zone, for everything that shows a moment.

import { createContext, useContext } from "react";

export const TimeZoneContext = createContext<string | undefined>(undefined);

/** Undefined means the browser's own, which is so only before sign-in. */
export function useTimeZone(): string | undefined {
  return useContext(TimeZoneContext);
}
