// The order of table cells.

export type SortValue = string | number | null | undefined;

const byText = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** What is absent stands last in both directions. */
export function compareCells(a: SortValue, b: SortValue, down: boolean): number {
  const noA = a === null || a === undefined;
  const noB = b === null || b === undefined;
  if (noA || noB) return Number(noA) - Number(noB);
  const order =
    typeof a === "number" && typeof b === "number" ? a - b : byText.compare(String(a), String(b));
  return down ? -order : order;
}
