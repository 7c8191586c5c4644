import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";

export type Entry = Schema<"EntryView">;
export type EntrySays = Schema<"EntryBody">;
export type EntryKind = "event" | "custom_event" | "event_property" | "user_trait";

const KEY = ["dictionary"];

export const dictionaryQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) => (await data(api.GET("/dictionary", { signal }))).entries,
});

interface Of {
  kind: EntryKind;
  name: string;
}

const at = ({ kind, name }: Of) => `/dictionary/${kind}/${encodeURIComponent(name)}`;

/** Whatever an entry says may change names, counts and answers: all of them are asked again. */
function useAskAllAgain() {
  const client = useQueryClient();
  return () => client.invalidateQueries();
}

export function useSetEntry() {
  const onSuccess = useAskAllAgain();
  return useMutation({
    mutationFn: async ({ says, ...of }: Of & { says: Partial<EntrySays> }) =>
      (await request<{ entry: Entry }>("PUT", at(of), says)).entry,
    onSuccess,
  });
}

export function useDeleteEntry() {
  const onSuccess = useAskAllAgain();
  return useMutation({ mutationFn: (of: Of) => request("DELETE", at(of)), onSuccess });
}
