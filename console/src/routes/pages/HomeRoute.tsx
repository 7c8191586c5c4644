// Home shows recent charts: here, where both are known, they meet. The account comes first, the charts
// when it stands.

import { lazy, Suspense } from "react";
import { HomePage } from "../../features/home/HomePage";

const RecentInsights = lazy(() =>
  import("../../features/insights/RecentInsights").then((found) => ({ default: found.RecentInsights })),
);

export function HomeRoute() {
  return (
    <HomePage
      charts={
        <Suspense fallback={null}>
          <RecentInsights />
        </Suspense>
      }
    />
  );
}
