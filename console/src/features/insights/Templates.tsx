import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { eventNamesQuery } from "../../api/queries/eventSchema";
import classes from "./insights.module.css";
import { queryToUrl } from "./model";
import { kindOf } from "./registry";
import { templates } from "./templates";

/** The usual questions about what was really seen, each one click away from its answer. */
export function Templates() {
  const names = useQuery(eventNamesQuery).data ?? [];
  const list = templates(names.map((one) => one.name));
  if (list.length === 0) return null;
  return (
    <section aria-labelledby="usual-questions">
      <h2 id="usual-questions" className={classes.heading}>
        Usual questions
      </h2>
      <ul className={classes.templates}>
        {list.map(({ question, about, query }) => {
          const Icon = kindOf(query.kind).icon;
          return (
            <li key={question}>
              <Link to="/insights/new" search={{ q: queryToUrl(query) } as never} className={classes.template}>
                <Icon size={16} aria-hidden />
                <span>
                  <strong>{question}</strong>
                  <span className={classes.cardWords}>{about}</span>
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
