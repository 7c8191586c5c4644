import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";

export type Destination = Schema<"DestinationView">;
export type DeadLetterGroup = Schema<"DeadLetterGroup">;

const ALL = { "pagination[count]": 1000 };

export const destinationsQuery = queryOptions({
  queryKey: ["destinations"],
  queryFn: async ({ signal }) =>
    (await data(api.GET("/destinations", { signal, params: { query: ALL } }))).destinations,
});

export const destinationQuery = (destinationId: string) =>
  queryOptions({
    queryKey: ["destinations", destinationId],
    queryFn: async ({ signal }) => {
      const params = { path: { destinationId } };
      return (await data(api.GET("/destinations/{destinationId}", { signal, params }))).destination;
    },
  });

export const deadLetterGroupsQuery = (destinationId: string) =>
  queryOptions({
    queryKey: ["destinations", destinationId, "dead-letters"],
    queryFn: async ({ signal }) => {
      const path = "/destinations/{destinationId}/dead-letters/groups";
      return (await data(api.GET(path, { signal, params: { path: { destinationId } } }))).groups;
    },
    refetchInterval: 5_000,
  });

function useDestinationChange<Input, Output>(act: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      await Promise.all(
        [["destinations"], ["deliveries"], ["ledger"]].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
}

export function useCreateDestination() {
  return useDestinationChange(
    async (body: Schema<"NewDestinationBody">) =>
      (await data(api.POST("/destinations", { body }))).destination,
  );
}

export function useUpdateDestination(destinationId: string) {
  const params = { path: { destinationId } };
  return useDestinationChange(
    async (body: Schema<"DestinationBody">) =>
      (await data(api.PATCH("/destinations/{destinationId}", { params, body }))).destination,
  );
}

export function useDeleteDestination(destinationId: string) {
  const params = { path: { destinationId } };
  return useDestinationChange(() => data(api.DELETE("/destinations/{destinationId}", { params })));
}

export function useRestoreDestination(destinationId: string) {
  const params = { path: { destinationId } };
  return useDestinationChange(() =>
    data(api.POST("/destinations/{destinationId}/restore", { params })),
  );
}

export function useResumeDestination(destinationId: string) {
  const params = { path: { destinationId } };
  return useDestinationChange(() =>
    data(api.POST("/destinations/{destinationId}/resume", { params })),
  );
}

export function useConnectSource(destinationId: string) {
  const params = { path: { destinationId } };
  return useDestinationChange((sourceId: string) =>
    data(api.POST("/destinations/{destinationId}/sources", { params, body: { sourceId } })),
  );
}

export function useDisconnectSource(destinationId: string) {
  return useDestinationChange((sourceId: string) =>
    data(
      api.DELETE("/destinations/{destinationId}/sources/{sourceId}", {
        params: { path: { destinationId, sourceId } },
      }),
    ),
  );
}

/** Without a reason: all. */
export function useSendAgain(destinationId: string) {
  const params = { path: { destinationId } };
  return useDestinationChange(async (reason: string | undefined) => {
    const path = "/destinations/{destinationId}/dead-letters/send-again";
    return (await data(api.POST(path, { params, body: reason ? { reason } : {} }))).queued;
  });
}

/** Sends one event now, outside of every account. */
export function useTestDestination(destinationId: string) {
  return useMutation({
    mutationFn: async (event: unknown) => {
      const path = `/destinations/${encodeURIComponent(destinationId)}/test`;
      return (await request<{ test: Schema<"DeliveryTest"> }>("POST", path, { event })).test;
    },
  });
}
