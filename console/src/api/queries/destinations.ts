import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";

export type Destination = Schema<"DestinationView">;
export type DeadLetterGroup = Schema<"DeadLetterGroup">;
export type DeadLetter = Schema<"DeadLetter">;
export type SendAgain = Schema<"SendAgain">;

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

/** Those of one cause, oldest event first. */
export const deadLettersQuery = (destinationId: string, reason: string) =>
  infiniteQueryOptions({
    queryKey: ["destinations", destinationId, "dead-letters", reason],
    queryFn: async ({ signal, pageParam }) => {
      const query = { reason, "pagination[count]": 20, ...(pageParam ? { "pagination[cursor]": pageParam } : {}) };
      const path = "/destinations/{destinationId}/dead-letters";
      return data(api.GET(path, { signal, params: { path: { destinationId }, query } }));
    },
    initialPageParam: "",
    getNextPageParam: ({ pagination }) => pagination.next ?? undefined,
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

interface NewDestination extends Schema<"NewDestinationBody"> {
  /** Connected beside the first. */
  moreSourceIds: string[];
}

/** What could not be connected is told beside the destination, which is there. */
export function useCreateDestination() {
  return useDestinationChange(async ({ moreSourceIds, ...body }: NewDestination) => {
    const { destination } = await data(api.POST("/destinations", { body }));
    const params = { path: { destinationId: destination.id } };
    let failure: unknown;
    for (const sourceId of moreSourceIds) {
      try {
        await data(api.POST("/destinations/{destinationId}/sources", { params, body: { sourceId } }));
      } catch (error) {
        failure ??= error;
      }
    }
    return { destination, failure };
  });
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

/** Asks the peer to delete people; nothing of it is kept here but a line in the audit trail. */
export function useDeletePeople(destinationId: string) {
  const params = { path: { destinationId } };
  return useDestinationChange(async (userIds: string[]) => {
    const path = "/destinations/{destinationId}/deletions";
    return (await data(api.POST(path, { params, body: { userIds } }))).deletion;
  });
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

/** What settings, changed but not saved, mean for this workspace's events. */
export const remarksQuery = (destinationId: string, settings: Record<string, unknown>) =>
  queryOptions({
    queryKey: ["destinations", destinationId, "remarks", settings],
    queryFn: async () => {
      const path = `/destinations/${encodeURIComponent(destinationId)}/remarks`;
      return (await request<{ remarks: Schema<"RemarkView">[] }>("POST", path, { settings })).remarks;
    },
    placeholderData: (previous) => previous,
    staleTime: 60_000,
  });

export const oauthQuery = (destinationId: string) =>
  queryOptions({
    queryKey: ["destinations", destinationId, "oauth"],
    queryFn: async ({ signal }) => {
      const params = { path: { destinationId } };
      return (await data(api.GET("/destinations/{destinationId}/oauth", { signal, params }))).oauth;
    },
  });

/** Gives the address of the peer where an editor says yes. */
export function useStartOAuth(destinationId: string) {
  const params = { path: { destinationId } };
  return useMutation({
    mutationFn: () => data(api.POST("/destinations/{destinationId}/oauth/start", { params })),
  });
}

/** Which of a source's events the destination gets. */
export function useSetRouting(destinationId: string) {
  return useDestinationChange(({ sourceId, routing }: { sourceId: string; routing: Schema<"Routing"> }) =>
    data(
      api.PUT("/destinations/{destinationId}/sources/{sourceId}/routing", {
        params: { path: { destinationId, sourceId } },
        body: routing,
      }),
    ),
  );
}

/** Those of one cause, or of these events; of an empty body all. */
export function useSendAgain(destinationId: string) {
  const params = { path: { destinationId } };
  return useDestinationChange(async (body: SendAgain) => {
    const path = "/destinations/{destinationId}/dead-letters/send-again";
    return (await data(api.POST(path, { params, body }))).queued;
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
