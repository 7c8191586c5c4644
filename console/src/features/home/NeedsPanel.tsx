import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { StateDot } from "../../components/StateDot";
import classes from "./home.module.css";
import type { Need } from "./model";

export function NeedsPanel({ needs }: { needs: Need[] }) {
  return (
    <section aria-label="What needs you">
      <h2 className={classes.heading}>What needs you</h2>
      {needs.length === 0 ? (
        <p className={classes.quiet}>
          <StateDot tone="good">Nothing. Every destination runs and nothing was refused.</StateDot>
        </p>
      ) : (
        <ul className={`panel ${classes.needs}`}>
          {needs.map((need) => (
            <li key={need.key}>
              <NeedLine need={need} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function NeedLine({ need }: { need: Need }) {
  const body = (
    <>
      <span className={classes.needTitle}>
        <StateDot tone={need.tone}>{need.title}</StateDot>
      </span>
      <span className={classes.needWords}>{need.words}</span>
      {need.destinationId || need.state ? <ChevronRight size={14} aria-hidden /> : null}
    </>
  );
  if (need.destinationId) {
    return (
      <Link
        to="/destinations/$destinationId"
        params={{ destinationId: need.destinationId }}
        className={classes.need}
      >
        {body}
      </Link>
    );
  }
  if (need.state) {
    return (
      <Link to="/live-events" search={{ state: need.state }} className={classes.need}>
        {body}
      </Link>
    );
  }
  return <span className={classes.need}>{body}</span>;
}
