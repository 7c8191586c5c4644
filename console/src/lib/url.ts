// Filters live in the URL: plain strings there, checked values in the code.
//
// A value that does not fit is dropped, so that an old or mistyped link still opens its page.

export type Field<T> = (raw: string) => T | undefined;

/** Any text that is not empty. */
export const text: Field<string> = (raw) => (raw === "" ? undefined : raw);

export const integer: Field<number> = (raw) => {
  const value = Number(raw);
  return raw !== "" && Number.isSafeInteger(value) ? value : undefined;
};

export function oneOf<const T extends string>(...values: readonly T[]): Field<T> {
  return (raw) => values.find((value) => value === raw);
}

/** Several texts in one parameter, by comma. */
export const list: Field<string[]> = (raw) => {
  const values = raw.split(",").filter((value) => value !== "");
  return values.length === 0 ? undefined : values;
};

export type SearchOf<S extends Record<string, Field<unknown>>> = {
  [K in keyof S]?: NonNullable<ReturnType<S[K]>>;
};

/** For `validateSearch` of a route: known parameters that fit; everything else is dropped. */
export function search<S extends Record<string, Field<unknown>>>(fields: S) {
  return (raw: Record<string, unknown>): SearchOf<S> => {
    const found: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      const value = raw[name];
      if (value === undefined || value === null) continue;
      const checked = field(Array.isArray(value) ? value.join(",") : String(value));
      if (checked !== undefined) found[name] = checked;
    }
    return found as SearchOf<S>;
  };
}

export function parseSearch(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query));
}

export function stringifySearch(values: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null || value === "") continue;
    query.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
