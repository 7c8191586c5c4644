// The answer: chart with its switches, the numbers below, and what it took.

import { Button, Checkbox, Menu, SegmentedControl } from "@mantine/core";
import { Download } from "lucide-react";
import { useRef, type RefObject } from "react";
import { csv, pngOf, saveFile, svgText } from "../../charts/save";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { BlockSkeleton } from "../../components/Skeletons";
import { formatDuration, formatNumber, plural } from "../../lib/format";
import { localTimeZone } from "../../lib/time";
import { useTimeZone } from "../../lib/timeZone";
import type { BuilderSearch } from "./BuilderPage";
import classes from "./insights.module.css";
import { chartOf, type NumberTable } from "./kind";
import { finished, isSame, type ChartType, type Display, type InsightQuery, type InsightResult, type Kind, type Point } from "./model";
import { NumbersTable } from "./NumbersTable";
import { kindOf } from "./registry";
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
};

interface Props {
  name: string;
  query: InsightQuery;
  display: Display;
  search: BuilderSearch;
  onSearch: (search: BuilderSearch, replace: boolean) => void;
  onChange: (query: InsightQuery) => void;
}

export function AnswerPanel({ name, query, display, search, onSearch, onChange }: Props) {
  const panel = useRef<HTMLElement>(null);
  const whole = finished(query);
  const asked = useSettled(whole, isSame);
  const kind = kindOf(asked.kind);
  const { answer, past, canAsk } = useAnswer(asked, kind.canCompare && display.compare === true);
  const shown = answer.data;
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
          onChange={(value) => onSearch({ ...search, chart: value as ChartType }, true)}
        />
        {kindOf(query.kind).canCompare ? (
          <Checkbox
            size="xs"
            label="Compare to the period before"
            checked={display.compare === true}
            onChange={(event) => onSearch({ ...search, compare: event.currentTarget.checked ? "1" : "0" }, true)}
          />
        ) : null}
        <ExportMenu name={name} panel={panel} table={table} canDraw={chart !== "table" && chart !== "number"} />
      </div>
      {!canAsk ? (
        <EmptyState title="Choose the events, and the answer stands here">
          The list offers what was really seen, the most frequent first.
        </EmptyState>
      ) : answer.isError && !answer.isFetching ? (
        <ErrorState title="The question was not answered" error={answer.error} onRetry={() => void answer.refetch()} />
      ) : !shown ? (
        <BlockSkeleton height={CHART_HEIGHT} />
      ) : (
        <div className={classes.drawn} data-old={isOld || undefined}>
          <Drawn {...shown} {...{ past, chart, table, search, onSearch, onChange }} />
        </div>
      )}
    </section>
  );
}

interface DrawnProps {
  /** What the answer is to; while the next comes, still the question before. */
  query: InsightQuery;
  result: InsightResult;
  past: InsightResult | undefined;
  chart: ChartType;
  table: NumberTable | undefined;
  search: BuilderSearch;
  onSearch: Props["onSearch"];
  onChange: Props["onChange"];
}

function Drawn({ query, result, past, chart: wanted, table, search, onSearch, onChange }: DrawnProps) {
  const kind = kindOf(query.kind);
  const chart = chartOf(kind, { chart: wanted });
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
        <Foot kind={query.kind} result={result} />
      </>
    );
  }
  return (
    <>
      {chart === "table" ? null : (
        <kind.Chart
          query={query}
          result={result}
          past={past}
          chart={chart}
          height={CHART_HEIGHT}
          hidden={hidden}
          onHide={hide}
          onPeople={people}
          onChange={onChange}
        />
      )}
      {table && kind.isTable?.(query, chart) !== true ? <NumbersTable table={table} onPeople={people} /> : null}
      <Foot kind={query.kind} result={result} />
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

const COUNTED: Record<Kind, string> = {
  trend: "The total counts each person once over the whole range, so it is not the sum of the intervals.",
  funnel: "A person counts on the deepest path and, among these, the earliest; the window runs from the first step.",
  retention: "A person is in each cohort in which they have the start event. The curve takes, per column, the cohorts whose time is over and counts each person once; it may rise where young cohorts drop out.",
};

function Foot({ kind, result }: { kind: Kind; result: InsightResult }) {
  const timeZone = useTimeZone();
  const { explain } = result;
  return (
    <details className={classes.foot} style={{ display: "block" }}>
      <summary style={{ cursor: "pointer" }}>
        {plural(explain.rows_scanned, "row")} scanned in {formatDuration(explain.milliseconds)} · counted as Amplitude counts it · days in {timeZone ?? localTimeZone()}
      </summary>
      <p style={{ margin: "8px 0 0", maxWidth: "70ch" }}>
        Exact, without samples: {plural(explain.parts_scanned, "part")} read, {formatNumber(explain.parts_skipped)} left out by the
        range, {plural(explain.threads, "thread")}, all events below offset {formatNumber(explain.events_to)} of the log. Merged
        people count once, also backwards in time. {COUNTED[kind]}
      </p>
    </details>
  );
}

interface ExportProps {
  name: string;
  panel: RefObject<HTMLElement | null>;
  table: NumberTable | undefined;
  canDraw: boolean;
}

function ExportMenu({ name, panel, table, canDraw }: ExportProps) {
  const file = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 80) || "insight";
  const drawing = () => {
    const inside = panel.current;
    if (!inside) return undefined;
    return svgText(inside, getComputedStyle(inside).backgroundColor);
  };
  const saveSvg = () => {
    const svg = drawing();
    if (svg) saveFile(`${file}.svg`, new Blob([svg], { type: "image/svg+xml" }));
  };
  const savePng = async () => {
    const svg = drawing();
    const png = svg ? await pngOf(svg) : undefined;
    if (png) saveFile(`${file}.png`, png);
  };
  const saveCsv = () => {
    if (!table) return;
    const head = [table.title, ...table.columns.map((column) => column.title)];
    const rows = table.rows.map((row) => [row.title, ...row.cells.map((cell) => cell.value)]);
    saveFile(`${file}.csv`, new Blob([csv([head, ...rows])], { type: "text/csv" }));
  };
  return (
    <Menu position="bottom-end" shadow="none">
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<Download size={13} aria-hidden />} disabled={!table}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={!canDraw} onClick={() => void savePng()}>PNG image</Menu.Item>
        <Menu.Item disabled={!canDraw} onClick={saveSvg}>SVG image</Menu.Item>
        <Menu.Item onClick={saveCsv}>CSV of the numbers</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
