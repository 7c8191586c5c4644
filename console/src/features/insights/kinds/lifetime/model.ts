// An answer about lifetime value as a curve and as a table.

import type { Schema } from "../../../../api/client";
import { formatNumber } from "../../../../lib/format";
import type { NumberCell, NumberTable } from "../../kind";
import type { Point, QueryOf } from "../../model";
import { rangeWords } from "../../range";
import { money, type Measure } from "../revenue/model";

export type Query = QueryOf<"lifetime">;
export type Result = Schema<"LifetimeResult">;
type Day = Schema<"LifetimeDay">;
type Place = Schema<"LifetimePoint">;

export const DAYS_DEFAULT = 30;

interface Told {
  words: string;
  of: (day: Day) => number | null;
  who: NonNullable<Place["who"]>;
}

export const MEASURES: Record<Measure, Told> = {
  total: { words: "Revenue so far", of: (day) => day.amount, who: "paying" },
  arpu: { words: "Revenue per new person", of: (day) => day.arpu ?? null, who: "people" },
  arppu: { words: "Revenue per paying person", of: (day) => day.arppu ?? null, who: "paying" },
  paying: { words: "People who first pay", of: (day) => day.new_paying, who: "new_paying" },
};

export function measureOf(query: Query): Measure {
  return query.measure ?? "total";
}

/** How many people the number of a day opens. */
export function behind(day: Day, who: Told["who"]): number {
  return who === "people" ? day.people : who === "paying" ? day.paying : day.new_paying;
}

export function table(_: Query, result: Result): NumberTable {
  const cell = (told: Told, day: Day): NumberCell => {
    const value = told.of(day);
    return {
      text: value === null ? "–" : money(value),
      value,
      of: `${told.words}, day ${day.day}`,
      point: behind(day, told.who) > 0 ? { day: day.day, who: told.who } : undefined,
    };
  };
  const people: Told = { words: "New people old enough", of: (day) => day.people, who: "people" };
  return {
    title: "By the end of",
    columns: [people, ...Object.values(MEASURES)].map(({ words }) => ({ key: words, title: words })),
    rows: result.days.map((day) => ({
      key: String(day.day),
      title: `Day ${day.day}${day.incomplete ? " …" : ""}`,
      cells: [people, ...Object.values(MEASURES)].map((told) => cell(told, day)),
    })),
    note: [
      `${formatNumber(result.people)} new people.`,
      result.days.some((day) => day.incomplete) ? "… some of them are not old enough, and do not count there." : "",
    ].join(" ").trim(),
  };
}

export function describe(query: Query): string {
  return `${MEASURES[measureOf(query)].words} by day ${query.days_max ?? DAYS_DEFAULT}, new people of ${rangeWords(query.range)}`;
}

export function pointWords(_: Query, point: Point): string {
  const { day, who } = point as Place;
  if (day === undefined || day === null) return "new in the range";
  if (who === "new_paying") return `new in the range with the first payment on day ${day}`;
  return who === "paying" ? `new in the range, day ${day} over, and with a payment` : `new in the range with day ${day} over`;
}
