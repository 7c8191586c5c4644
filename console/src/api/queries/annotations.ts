import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";

export type Annotation = Schema<"AnnotationView">;
export type AnnotationSays = Schema<"AnnotationBody">;

const KEY = ["annotations"];

/** All of the workspace, the oldest moment first. */
export const annotationsQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) => (await data(api.GET("/annotations", { signal }))).annotations,
  staleTime: 30_000,
});

/** Keeps an annotation: a new one, or one of an id in place of what it said. */
export function useKeepAnnotation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...says }: AnnotationSays & { id?: string | undefined }) =>
      id === undefined ? request("POST", "/annotations", says) : request("PUT", `/annotations/${id}`, says),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeleteAnnotation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request("DELETE", `/annotations/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
