import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { useChangeCohort, useChangeList } from "./cohorts";

vi.mock("../request", () => ({ request: () => Promise.resolve({ cohort: {} }) }));

test("answers, sizes and lists are asked again when a cohort changes", async () => {
  const keys = [["answer", {}], ["cohort-preview", {}], ["people-behind", {}], ["cohorts", "other", "size"]];
  const change = async (useChange: () => { mutateAsync: (change: never) => Promise<unknown> }) => {
    const client = new QueryClient();
    for (const key of [...keys, ["sources"]]) client.setQueryData(key, 1);
    const wrapper = ({ children }: { children: ReactNode }) => createElement(QueryClientProvider, { client }, children);
    const { result } = renderHook(useChange, { wrapper });
    await result.current.mutateAsync({} as never);
    const isOld = (key: unknown[]) => client.getQueryState(key)?.isInvalidated;
    expect(keys.map(isOld)).toEqual([true, true, true, true]);
    expect(isOld(["sources"])).toBe(false);
  };
  await change(() => useChangeCohort("one"));
  await change(() => useChangeList("one"));
});
