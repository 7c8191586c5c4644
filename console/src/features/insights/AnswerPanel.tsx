// The answer: chart with its switches, the numbers below, and what it took.

import { Checkbox, SegmentedControl } from "@mantine/core";
import { useRef } from "react";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { BlockSkeleton } from "../../components/Skeletons";
import { useTimeZone } from "../../lib/timeZone";
import type { BuilderSearch } from "./BuilderPage";
import { Annotate } from "./Annotate";
import { notedFromUrl } from "./around";
import { BeforeAfter } from "./BeforeAfter";
import { ChartExplain } from "./Explain";
import { ExportMenu } from "./ExportMenu";
import classes from "./insights.module.css";
import { chartOf, type NumberTable } from "./kind";
import { finished, isSame, type ChartType, type Display, type InsightQuery, type InsightResult, type Point } from "./model";
import { NumbersTable } from "./NumbersTable";
import { resolveRange, todayIn } from "./range";
import { kindOf } from "./registry";
import { TemplatesOf } from "./Templates";
import { useAnswer, useSettled } from "./useAnswer";

const CHART_HEIGHT = 340;
const CHART_WORDS: Record<ChartType, string> = {
  line: "Line",
  area: "Area",
  stacked: "Stacked",
  bar: "Bar",
  table: "Table",
  number: "Number",
  funnel: "Bars",
  times: "Times",
  grid: "Cohorts",
  flow: "Flow",
};

interface Props {
  name: string;
  query: InsightQuery;
  display: Display;
  search: BuilderSearch;
  onSearch: (search: BuilderSearch, replace: boolean) => void;
  onDraw: (chart: ChartType) => void;
  onChange: (query: InsightQuery) => void;
}

export function AnswerPanel({ name, query, display, search, onSearch, onDraw, onChange }: Props) {
  const panel = useRef<HTMLElement>(null);
  const whole = finished(query);
  const asked = useSettled(whole, isSame);
  const { answer, canAsk } = useAnswer(asked);
  const timeZone = useTimeZone();
  const past = kindOf(query.kind).past;
  const shown = answer.data;
  const around = notedFromUrl(search.around);
  const isOld = answer.isPlaceholderData || !isSame(asked, whole);
  const chart = display.chart ?? "line";
  const table = shown && kindOf(shown.query.kind).table(shown.query, shown.result, chart);
  return (
    <section ref={panel} className={`panel ${classes.answer}`} aria-label="Answer" aria-busy={isOld}>
      <div className={classes.switches}>
        <SegmentedControl
          size="xs"
          aria-label="Chart"
          value={chart}
          data={kindOf(query.kind).charts.map((one) => ({ value: one, label: CHART_WORDS[one] }))}
          onChange={(value) => onDraw(value as ChartType)}
        />
        {past ? (
          <Checkbox
            size="xs"
            label="Compare to past"
            checked={past.words(query) !== undefined}
            onChange={() => onChange(past.turn(query, resolveRange(query.range, todayIn(timeZone)).days))}
          />
        ) : null}
        {kindOf(query.kind).isOverTime?.(query, chart) || kindOf(query.kind).figures ? (
          <Annotate onAround={kindOf(query.kind).figures && canAsk ? (noted) => onSearch({ ...search, around: JSON.stringify(noted) }, false) : undefined} />
        ) : null}
        <ExportMenu name={name} panel={panel} table={table} />
      </div>
      {!canAsk ? (
        <>
          <EmptyState title="Choose the events, and the answer stands here">
            The list offers what was really seen, the most frequent first.
          </EmptyState>
          <TemplatesOf kind={query.kind} />
        </>
      ) : answer.isError && !answer.isFetching ? (
        <ErrorState title="The question was not answered" error={answer.error} onRetry={() => void answer.refetch()} />
      ) : !shown ? (
        <BlockSkeleton height={CHART_HEIGHT} />
      ) : (
        <div className={classes.drawn} data-old={isOld || undefined}>
          <Drawn {...shown} {...{ chart, table, search, onSearch, onChange }} />
        </div>
      )}
      {around && canAsk && kindOf(query.kind).figures ? (
        <BeforeAfter key={around.at} query={asked} noted={around} onClose={() => onSearch({ ...search, around: undefined }, true)} />
      ) : null}
    </section>
  );
}

interface DrawnProps {
  /** What the answer is to; while the next comes, still the question before. */
  query: InsightQuery;
  result: InsightResult;
  chart: ChartType;
  table: NumberTable | undefined;
  search: BuilderSearch;
  onSearch: Props["onSearch"];
  onChange: Props["onChange"];
}

function Drawn({ query, result, chart: wanted, table, search, onSearch, onChange }: DrawnProps) {
  const kind = kindOf(query.kind);
  const chart = chartOf(kind, { chart: wanted });
  const past = kind.past?.words(query);
  const hidden = new Set(hiddenOf(search.hide));
  const hide = (key: string) => {
    const next = hidden.has(key) ? [...hidden].filter((one) => one !== key) : [...hidden, key];
    onSearch({ ...search, hide: next.length === 0 ? undefined : JSON.stringify(next) }, true);
  };
  const people = (point: Point) => onSearch({ ...search, people: JSON.stringify(point) }, true);
  if (kind.isEmpty(result)) {
    return (
      <>
        <EmptyState title="Nobody did this in the range">Take a longer range, or take filters off.</EmptyState>
        <ChartExplain query={query} result={result} />
      </>
    );
  }
  const sentence = chart === "number" ? undefined : kind.says?.(query, result);
  return (
    <>
      {sentence ? <p className={classes.says}>{sentence}</p> : null}
      {chart === "table" ? null : (
        <kind.Chart
          query={query}
          result={result}
          chart={chart}
          height={CHART_HEIGHT}
          hidden={hidden}
          onHide={hide}
          onPeople={people}
          onChange={onChange}
        />
      )}
      {past && chart !== "table" && chart !== "number" ? (
        <div className={classes.foot}>Finely dotted: {past}.</div>
      ) : null}
      {table && kind.isTable?.(query, chart) !== true ? <NumbersTable table={table} onPeople={people} /> : null}
      <ChartExplain query={query} result={result} />
    </>
  );
}

function hiddenOf(text: string | undefined): string[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}
