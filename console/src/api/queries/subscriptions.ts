import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { request } from "../request";

/** A mapping of a destination: which events start which action, and how its fields are filled. */
export interface Subscription {
  id: string;
  name: string;
  actionId: string;
  enabled: boolean;
  trigger: string;
  settings: Mapping;
}

export type Mapping = Record<string, unknown>;

/** A field of an action, as its kind describes it. */
export interface ActionField {
  key: string;
  label: string;
  description?: string;
  type: string;
  required?: unknown;
  multiple?: boolean;
  default?: unknown;
  /** Of an object. */
  properties?: ActionField[];
  /** `true` where the vendor would be asked for them. */
  choices?: (string | number | { label: string; value: string | number })[] | true;
  unsafe_hidden?: boolean;
}

export interface Action {
  slug: string;
  title: string;
  description: string;
  trigger?: string;
  hidden: boolean;
  batches: boolean;
  fields: ActionField[];
}

export interface Preset {
  name: string;
  action: string;
  trigger: string;
  mapping: Mapping;
  type: string;
}

export interface KindActions {
  actions: Action[];
  presets: Preset[];
}

export interface Preview {
  matches: boolean;
  payload?: Mapping;
  problems: { field: string; message: string }[];
}

export const kindActionsQuery = (kindId: string) =>
  queryOptions({
    queryKey: ["catalog", kindId],
    queryFn: async ({ signal }) => {
      const path = `/catalog/destinations/${encodeURIComponent(kindId)}`;
      const answer = await request<{ destinationMetadata: KindActions }>("GET", path, undefined, signal);
      return answer.destinationMetadata;
    },
    staleTime: 10 * 60_000,
  });

const pathOf = (destinationId: string) => `/destinations/${encodeURIComponent(destinationId)}/subscriptions`;

export const subscriptionsQuery = (destinationId: string) =>
  queryOptions({
    queryKey: ["destinations", destinationId, "subscriptions"],
    queryFn: async ({ signal }) =>
      (await request<{ subscriptions: Subscription[] }>("GET", pathOf(destinationId), undefined, signal))
        .subscriptions,
  });

export interface PreviewInput {
  actionId: string;
  trigger: string;
  settings: Mapping;
  event: unknown;
}

/** What the mapping makes of the event, as it is typed. */
export const previewQuery = (destinationId: string, input: PreviewInput) =>
  queryOptions({
    queryKey: ["preview", destinationId, input],
    queryFn: async ({ signal }) =>
      (await request<{ preview: Preview }>("POST", `${pathOf(destinationId)}/preview`, input, signal)).preview,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 30_000,
  });

type Change = Partial<Omit<Subscription, "id">>;

function useChange<Input, Output>(destinationId: string, act: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => client.invalidateQueries({ queryKey: ["destinations", destinationId] }),
  });
}

export function useCreateSubscription(destinationId: string) {
  return useChange(destinationId, async (body: Change) =>
    (await request<{ subscription: Subscription }>("POST", pathOf(destinationId), body)).subscription,
  );
}

export function useUpdateSubscription(destinationId: string, id: string) {
  return useChange(destinationId, (body: Change) => request("PATCH", `${pathOf(destinationId)}/${id}`, body));
}

export function useDeleteSubscription(destinationId: string, id: string) {
  return useChange(destinationId, () => request("DELETE", `${pathOf(destinationId)}/${id}`));
}
