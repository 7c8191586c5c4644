// An answer about paths as columns that flow into each other and as a table.

import type { Schema } from "../../../../api/client";
import type { FlowColumn, FlowPick } from "../../../../charts/flowOption";
import { slots } from "../../../../charts/palette";
import { formatNumber, formatPercent } from "../../../../lib/format";
import type { NumberCell, NumberRow, NumberTable } from "../../kind";
import { eventWords, selectorName, type Point, type QueryOf, type Selector } from "../../model";
import { rangeWords } from "../../range";

export type Query = QueryOf<"paths">;
export type Result = Schema<"PathsResult">;
type NodeName = Schema<"PathsNodeName">;
type Place = Schema<"PathsPoint">;

export type Ends = "start" | "end" | "between";

export function endsOf(query: Query): Ends {
  if (query.start && query.end) return "between";
  return query.start ? "start" : "end";
}

/** The same question with other ends; events that were chosen are kept. */
export function withEnds(query: Query, ends: Ends): Query {
  const { start, end, ...rest } = query;
  const first: Selector = start ?? end ?? { event: "" };
  const last: Selector = end ?? (start && ends === "end" ? start : { event: "" });
  if (ends === "start") return { ...rest, start: first };
  if (ends === "end") return { ...rest, end: last };
  return { ...rest, start: first, end: start && end ? end : start ? { event: "" } : last };
}

export function nodeWords(query: Query, node: NodeName): string {
  if (typeof node === "object") return eventWords(node.event);
  if (node === "start") return begins(query);
  if (node === "end") return query.end ? selectorName(query.end) : "End";
  return node === "other" ? "Other events" : "More steps";
}

function begins(query: Query): string {
  const begin = query.start ?? query.end;
  return begin ? selectorName(begin) : "";
}

const isBackward = (query: Query) => endsOf(query) === "end";
const amountOf = (query: Query, one: { paths: number; people: number }) => (query.count === "totals" ? one.paths : one.people);

/** Columns in order of time: read backwards, the end event is the last. */
export function flow(query: Query, result: Result): FlowColumn[] {
  const names = new Set(result.columns.flatMap((column) => column.nodes.flatMap(({ node }) => (typeof node === "object" ? [node.event] : []))));
  const given = slots([...names]);
  const slotOf = (node: NodeName) => (typeof node === "object" ? given.get(node.event) : node === "start" || node === "end" ? 0 : undefined);
  const columns = result.columns.map((column, at): FlowColumn => ({
    nodes: column.nodes.map((one) => ({
      name: nodeWords(query, one.node),
      value: amountOf(query, one),
      slot: slotOf(one.node),
      ends: isBackward(query) ? 0 : amountOf(query, one.dropped),
    })),
    links: isBackward(query)
      ? (result.columns[at - 1]?.links ?? []).map((link) => ({ from: link.to, to: link.from, value: amountOf(query, link) }))
      : column.links.map((link) => ({ from: link.from, to: link.to, value: amountOf(query, link) })),
  }));
  return isBackward(query) ? columns.reverse() : columns;
}

/** The number behind a place of the drawing. */
export function pointOf(query: Query, result: Result, at: FlowPick): Place | undefined {
  const back = isBackward(query);
  const count = result.columns.length;
  const index = (drawn: number) => (back ? count - 1 - drawn : drawn);
  const name = (drawn: number, node: number) => result.columns[index(drawn)]?.nodes[node]?.node;
  if (at.next !== undefined) {
    // A link is told by its first step in the order of the path.
    const [first, second] = [name(at.column, at.node), name(at.column + 1, at.next)];
    if (first === undefined || second === undefined) return undefined;
    return back
      ? { column: index(at.column + 1) + 1, node: second, next: first }
      : { column: index(at.column) + 1, node: first, next: second };
  }
  const node = name(at.column, at.node);
  if (node === undefined) return undefined;
  return { column: index(at.column) + 1, node, ...(at.ends ? { outcome: "dropped" as const } : {}) };
}

/** A row per step and event, what was put together row by row below. */
export function table(query: Query, result: Result): NumberTable {
  const totals = query.count === "totals";
  const all = amountOf(query, result);
  const row = (key: string, title: string, amount: { paths: number; people: number }, point: Place, dropped?: { paths: number; people: number }): NumberRow => {
    const people = (count: number, of: string, at: Place): NumberCell => ({ text: formatNumber(count), value: count, of, point: count > 0 ? at : undefined });
    const share = all > 0 ? amountOf(query, amount) / all : null;
    return {
      key,
      title,
      cells: [
        people(amount.people, `${title}, people`, point),
        ...(totals ? [{ text: formatNumber(amount.paths), value: amount.paths, of: `${title}, paths` }] : []),
        { text: share === null ? "–" : formatPercent(share), value: share, of: `${title}, share` },
        dropped ? people(dropped.people, `${title}, then nothing more`, { ...point, outcome: "dropped" }) : { text: "–", value: null, of: title },
      ],
    };
  };
  const rows = result.columns.flatMap((column, at) =>
    column.nodes.flatMap((one) => {
      const name = nodeWords(query, one.node);
      const step = `${at + 1} · ${name}`;
      const place = { column: at + 1, node: one.node };
      const folded = one.folded ?? [];
      return [
        row(`${at}:${JSON.stringify(one.node)}`, step, one, place, one.dropped),
        ...folded.map((inner) =>
          row(`${at}:in:${inner.event}`, `${at + 1} · Other: ${inner.event}`, inner, { column: at + 1, node: { event: inner.event } }),
        ),
      ];
    }),
  );
  const reached = result.reached
    ? [row("reached", `Reached ${query.end ? selectorName(query.end) : "the end"}`, result.reached, { outcome: "reached" })]
    : [];
  return {
    title: "Step",
    columns: [
      { key: "people", title: "People" },
      ...(totals ? [{ key: "paths", title: "Paths" }] : []),
      { key: "share", title: "Of all" },
      { key: "ends", title: isBackward(query) ? "Nothing before" : "Nothing after" },
    ],
    rows: [row("all", "All paths", result, {}), ...reached, ...rows],
    note: isBackward(query) ? "Steps count back from the end event." : undefined,
  };
}

export function describe(query: Query): string {
  const ends = endsOf(query);
  const [start, end] = [query.start, query.end].map((one) => (one ? selectorName(one) : ""));
  const what = ends === "between" ? `from ${start} to ${end}` : ends === "start" ? `from ${start}` : `to ${end}`;
  return `Paths ${what}, ${rangeWords(query.range)}`;
}

export function pointWords(query: Query, point: Point): string {
  const { column, node, next, outcome } = point as Place;
  if (node === undefined || node === null) {
    const end = query.end ? selectorName(query.end) : "the end";
    const how = outcome === "reached" ? ` and reached ${end}` : outcome === "dropped" ? ` and did not reach ${end}` : "";
    return `did ${begins(query)}${how}`;
  }
  const back = isBackward(query);
  const then = next === undefined || next === null ? "" : `, ${back ? "before it" : "then"} ${nodeWords(query, next)}`;
  const over = outcome === "dropped" ? `, ${back ? "before it" : "then"} nothing more` : "";
  return `did ${nodeWords(query, node)} as step ${column ?? 1}${then}${over}`;
}
