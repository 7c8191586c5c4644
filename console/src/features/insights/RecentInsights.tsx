import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { insightsQuery } from "../../api/queries/insights";
import { InsightPreview } from "./InsightCard";
import classes from "./insights.module.css";

const SHOWN = 3;

/** The insights changed last; nothing where none is saved. */
export function RecentInsights() {
  const insights = useQuery(insightsQuery).data ?? [];
  const recent = [...insights].sort((a, b) => b.updatedAt.localeCompare(a.updatedAt)).slice(0, SHOWN);
  if (recent.length === 0) return null;
  return (
    <section aria-labelledby="recent-charts">
      <h2 id="recent-charts" className={classes.heading}>
        Recent charts{" "}
        <Link to="/insights" className={classes.headingLink}>
          all
        </Link>
      </h2>
      <div className={classes.cards}>
        {recent.map((insight) => (
          <InsightPreview key={insight.id} insight={insight} height={110} />
        ))}
      </div>
    </section>
  );
}
