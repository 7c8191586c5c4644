import { Link } from "@tanstack/react-router";
import { UsersRound, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./insights.module.css";
import { queryToUrl, type Kind } from "./model";
import { kindOf } from "./registry";
import { cohortTemplates, templates, TOPICS } from "./templates";
import { useSeen } from "./useSeen";

/** The usual questions about what was really seen, each one click away from its answer. */
export function Templates() {
  const list = templates(useSeen());
  if (list.length === 0) return null;
  return (
    <section aria-labelledby="usual-questions">
      <h2 id="usual-questions" className={classes.heading}>
        Usual questions
      </h2>
      <div className={classes.topics}>
        {TOPICS.map((topic) => {
          const ofTopic = list.filter((one) => one.topic === topic);
          if (ofTopic.length === 0) return null;
          return (
            <section key={topic} aria-labelledby={`usual-${topic}`}>
              <h3 id={`usual-${topic}`} className={classes.topic}>
                {topic}
              </h3>
              <Questions list={ofTopic} />
            </section>
          );
        })}
      </div>
    </section>
  );
}

/** Beside an empty question of a kind: what others ask so. */
export function TemplatesOf({ kind }: { kind: Kind }) {
  const list = templates(useSeen()).filter((one) => one.query.kind === kind);
  if (list.length === 0) return null;
  return (
    <>
      <h2 className={classes.topic}>Or begin with a usual question</h2>
      <Questions list={list} />
    </>
  );
}

function Questions({ list }: { list: ReturnType<typeof templates> }) {
  return (
    <ul className={classes.templates}>
      {list.map(({ question, about, query, chart }) => (
        <li key={question}>
          <Link to="/insights/new" search={{ q: queryToUrl(query), chart } as never} className={classes.template}>
            <Words icon={kindOf(query.kind).icon} title={question}>
              {about}
            </Words>
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** The usual groups of people. */
export function CohortTemplates() {
  const list = cohortTemplates(useSeen());
  if (list.length === 0) return null;
  return (
    <section aria-labelledby="usual-cohorts">
      <h2 id="usual-cohorts" className={classes.heading}>
        Usual cohorts
      </h2>
      <ul className={classes.templates} data-wide>
        {list.map(({ name, about, definition }) => (
          <li key={name}>
            <Link to="/cohorts/new" search={{ name, q: JSON.stringify(definition) } as never} className={classes.template}>
              <Words icon={UsersRound} title={name}>
                {about}
              </Words>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Words({ icon: Icon, title, children }: { icon: LucideIcon; title: string; children: ReactNode }) {
  return (
    <>
      <Icon size={16} aria-hidden />
      <span>
        <strong>{title}</strong>
        <span className={classes.cardWords}>{children}</span>
      </span>
    </>
  );
}
