import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";

export type Source = Schema<"SourceView">;

const ALL = { "pagination[count]": 1000 };

export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: async ({ signal }) =>
    (await data(api.GET("/sources", { signal, params: { query: ALL } }))).sources,
});

export const sourceQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["sources", sourceId],
    queryFn: async ({ signal }) =>
      (await data(api.GET("/sources/{sourceId}", { signal, params: { path: { sourceId } } })))
        .source,
  });

/** After any change of sources everything that names them is read anew. */
function useSourceChange<Input, Output>(act: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["sources"] }),
  });
}

export function useCreateSource() {
  return useSourceChange(
    async (body: Schema<"NewSourceBody">) => (await data(api.POST("/sources", { body }))).source,
  );
}

export function useUpdateSource(sourceId: string) {
  const params = { path: { sourceId } };
  return useSourceChange(
    async (body: Schema<"SourceBody">) =>
      (await data(api.PATCH("/sources/{sourceId}", { params, body }))).source,
  );
}

export function useDeleteSource(sourceId: string) {
  const params = { path: { sourceId } };
  return useSourceChange(() => data(api.DELETE("/sources/{sourceId}", { params })));
}

export function useRestoreSource(sourceId: string) {
  const params = { path: { sourceId } };
  return useSourceChange(() => data(api.POST("/sources/{sourceId}/restore", { params })));
}

export function useAddWriteKey(sourceId: string) {
  const params = { path: { sourceId } };
  return useSourceChange(() => data(api.POST("/sources/{sourceId}/writekey", { params })));
}

export function useRevokeWriteKey(sourceId: string) {
  return useSourceChange((writeKey: string) =>
    data(
      api.DELETE("/sources/{sourceId}/writekey/{writeKey}", {
        params: { path: { sourceId, writeKey } },
      }),
    ),
  );
}
