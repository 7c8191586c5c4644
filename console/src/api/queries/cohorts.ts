import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";
import { request } from "../request";
import type { PeopleQuery } from "./insights";

export type Cohort = Schema<"CohortView">;
export type CohortDefinition = Schema<"CohortDefinition">;
export type PeopleClause = Schema<"PeopleClause">;
export type PeopleCondition = Schema<"PeopleCondition">;
export type CohortSize = Schema<"CohortSize">;

const KEY = ["cohorts"];

export const cohortsQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) =>
    (await data(api.GET("/cohorts", { signal, params: { query: { "pagination[count]": 1000 } } }))).cohorts,
});

export const cohortQuery = (cohortId: string) =>
  queryOptions({
    queryKey: [...KEY, cohortId],
    queryFn: async ({ signal }) =>
      (await data(api.GET("/cohorts/{cohortId}", { signal, params: { path: { cohortId } } }))).cohort,
  });

export const cohortSizeQuery = (cohortId: string) =>
  queryOptions({
    queryKey: [...KEY, cohortId, "size"],
    queryFn: async ({ signal }) =>
      (await data(api.GET("/cohorts/{cohortId}/size", { signal, params: { path: { cohortId } } }))).size,
    staleTime: 30_000,
  });

/** The size of a definition that is not saved; the one before stays until it comes. */
export const previewQuery = (definition: CohortDefinition) =>
  queryOptions({
    queryKey: ["cohort-preview", definition],
    queryFn: async ({ signal }) =>
      (await data(api.POST("/cohorts/preview", { signal, body: { definition } }))).size,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: 1,
  });

export const cohortPeopleQuery = (cohortId: string) =>
  infiniteQueryOptions({
    queryKey: [...KEY, cohortId, "people"],
    queryFn: ({ pageParam, signal }) => {
      const query = { "pagination[count]": 50, "pagination[cursor]": pageParam };
      return data(api.GET("/cohorts/{cohortId}/people", { signal, params: { path: { cohortId }, query } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  });

/** The people a definition finds that is not saved. */
export const previewPeopleQuery = (definition: CohortDefinition) =>
  infiniteQueryOptions({
    queryKey: ["cohort-preview", definition, "people"],
    queryFn: ({ pageParam, signal }) => {
      const query = { "pagination[count]": 50, "pagination[cursor]": pageParam };
      return data(api.POST("/cohorts/preview/people", { signal, body: { definition }, params: { query } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pagination.next ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: 1,
  });

/** Whatever a cohort is, others may be defined by it and answers may count its people. */
const TOUCHED = [KEY, ["cohort-preview"], ["answer"], ["people-behind"]];

function useAskAgain() {
  const client = useQueryClient();
  return () => Promise.all(TOUCHED.map((queryKey) => client.invalidateQueries({ queryKey })));
}

interface NewCohort {
  name: string;
  description?: string;
  definition?: CohortDefinition;
  behind?: PeopleQuery;
}

export function useCreateCohort() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (made: NewCohort) => (await request<{ cohort: Cohort }>("POST", "/cohorts", made)).cohort,
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useChangeCohort(cohortId: string) {
  const onSuccess = useAskAgain();
  return useMutation({
    mutationFn: async (change: Partial<NewCohort>) =>
      (await request<{ cohort: Cohort }>("PATCH", `/cohorts/${cohortId}`, change)).cohort,
    onSuccess,
  });
}

export function useDeleteCohort() {
  const client = useQueryClient();
  const askAgain = useAskAgain();
  return useMutation({
    mutationFn: (cohortId: string) => request("DELETE", `/cohorts/${cohortId}`),
    onSuccess: async (_, cohortId) => {
      client.removeQueries({ queryKey: [...KEY, cohortId] });
      await askAgain();
    },
  });
}

export type ListChanged = Schema<"CohortPeopleData">;

/** Adds people to a list by user id, or takes them off it; unknown ids are left out and told. */
export function useChangeList(cohortId: string) {
  const onSuccess = useAskAgain();
  return useMutation({
    mutationFn: (change: { userIds: string[]; remove: boolean }) =>
      request<ListChanged>("POST", `/cohorts/${cohortId}/people`, { ...change, skipUnknown: true }),
    onSuccess,
  });
}
