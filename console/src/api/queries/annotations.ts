import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";

export type Annotation = Schema<"AnnotationView">;
/** A version of an app that events tell of. */
export type Release = Schema<"Release">;
export type AnnotationSays = Schema<"AnnotationBody">;

const KEY = ["annotations"];

/** All of the workspace, the oldest moment first. */
export const annotationsQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) => (await data(api.GET("/annotations", { signal }))).annotations,
  staleTime: 30_000,
});

/** The newest, oldest first. */
export const releasesQuery = queryOptions({
  queryKey: ["releases"],
  queryFn: async ({ signal }) => (await data(api.GET("/releases", { signal }))).releases,
  staleTime: 300_000,
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
