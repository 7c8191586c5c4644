// One question and its answer. What is asked and how it is shown stands in the URL; a saved insight
// has it there only where it was changed.

import { UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { eventNamesQuery } from "../../api/queries/eventSchema";
import { insightQuery, type Insight } from "../../api/queries/insights";
import { Page } from "../../components/Page";
import { QueryPage } from "../../components/QueryPage";
import { BlockSkeleton } from "../../components/Skeletons";
import { AnswerPanel } from "./AnswerPanel";
import classes from "./insights.module.css";
import { chartOf } from "./kind";
import { KindMenu } from "./KindMenu";
import { isAskable, isSame, pointFromUrl, queryFromUrl, queryToUrl, type ChartType, type Display, type InsightQuery, type Kind } from "./model";
import { PeoplePanel } from "./PeoplePanel";
import { kindOf } from "./registry";
import { SaveActions } from "./SaveActions";
import { CountedLine } from "./whom/CountedLine";
import { WhomLine } from "./whom/WhomLine";

export interface BuilderSearch {
  q?: string | undefined;
  chart?: ChartType | undefined;
  /** Series taken off the chart, as a JSON list. */
  hide?: string | undefined;
  /** The number whose people are open, as JSON. */
  people?: string | undefined;
  /** What the question is compared before and after, as JSON. */
  around?: string | undefined;
}

interface Props {
  insightId?: string;
  search: BuilderSearch;
  onSearch: (search: BuilderSearch, replace: boolean) => void;
}

export function BuilderPage({ insightId, search, onSearch }: Props) {
  if (insightId === undefined) return <Builder saved={undefined} search={search} onSearch={onSearch} />;
  return <SavedBuilder insightId={insightId} search={search} onSearch={onSearch} />;
}

function SavedBuilder({ insightId, search, onSearch }: Props & { insightId: string }) {
  const saved = useQuery(insightQuery(insightId));
  return (
    <QueryPage name="Insight" query={saved} failed="The insight could not be read" loading={<BlockSkeleton height={420} />}>
      {(insight) => <Builder key={insight.id} saved={insight} search={search} onSearch={onSearch} />}
    </QueryPage>
  );
}

interface BuilderProps {
  saved: Insight | undefined;
  search: BuilderSearch;
  onSearch: (search: BuilderSearch, replace: boolean) => void;
}

function Builder({ saved, search, onSearch }: BuilderProps) {
  const seen = (useQuery(eventNamesQuery).data ?? []).filter((one) => !one.isNotOffered).map((one) => one.name);
  const query = queryFromUrl(search.q) ?? saved?.query ?? kindOf("trend").blank(seen);
  // On a phone an answer is what one came for: the question stands above it in a line, until it is touched.
  const [isFolded, setFolded] = useState(() => isAskable(query));
  const [asides, setAsides] = useState<Partial<Record<Kind, InsightQuery>>>({});
  const kind = kindOf(query.kind);
  const kept = (saved?.display ?? {}) as Display;
  const display: Display = {
    chart: chartOf(kind, { chart: search.chart ?? kept.chart }),
  };
  const inUrl = (next: InsightQuery) => (saved !== undefined && isSame(next, saved.query) ? undefined : queryToUrl(next));
  const change = (next: InsightQuery, replace = true) => {
    const sameKind = next.kind === query.kind;
    onSearch({ ...search, q: inUrl(next), people: undefined, around: sameKind ? search.around : undefined, chart: sameKind ? search.chart : undefined, hide: sameKind ? search.hide : undefined }, replace);
  };
  const draw = (chart: ChartType) => onSearch({ ...search, chart, q: inUrl(kind.suit?.(query, chart) ?? query) }, true);
  const switchKind = (to: Kind) => {
    setAsides({ ...asides, [query.kind]: query });
    change({ ...(asides[to] ?? kindOf(to).blank(seen)), range: query.range } as InsightQuery);
  };
  const isChanged =
    saved === undefined ||
    !isSame(query, saved.query) ||
    display.chart !== chartOf(kind, kept);
  return (
    <Page
      name={saved?.name ?? "New insight"}
      title={saved?.name ?? "What do you want to know?"}
      action={<SaveActions saved={saved} query={query} display={display} isChanged={isChanged} onRevert={() => onSearch({}, false)} />}
    >
      <div className={classes.builder}>
        <section className={`panel ${classes.question}`} aria-label="Question">
          <UnstyledButton className={classes.fold} aria-expanded={!isFolded} onClick={() => setFolded(!isFolded)}>
            <kind.icon size={14} aria-hidden />
            <span>{isFolded ? kind.describe(query) : "Question"}</span>
            <ChevronDown size={14} aria-hidden />
          </UnstyledButton>
          <div className={classes.editor} data-folded={isFolded || undefined}>
            <KindMenu kind={query.kind} onChange={switchKind} />
            <kind.Editor query={query} onChange={change} />
            <CountedLine query={query} onChange={change} />
            <WhomLine people={query.people} onChange={(people) => change({ ...query, people })} />
          </div>
        </section>
        <AnswerPanel
          name={saved?.name ?? kind.describe(query)}
          query={query}
          display={display}
          search={search}
          onSearch={onSearch}
          onDraw={draw}
          // What is done in the chart, such as zooming, is taken back by the browser's way back.
          onChange={(next) => change(next, false)}
        />
      </div>
      <PeoplePanel
        query={query}
        point={pointFromUrl(search.people)}
        onClose={() => onSearch({ ...search, people: undefined }, true)}
      />
    </Page>
  );
}
