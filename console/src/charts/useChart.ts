// ECharts is the largest part of the console: it is loaded when the first chart stands on a page, after
// the numbers around it are shown.

import { useEffect, useRef, useState, type RefObject } from "react";
import type * as echarts from "./echarts";
import type { EChartsOption, EChartsType } from "./echarts";

type Library = typeof echarts;

let library: Library | undefined;

async function load(): Promise<Library> {
  library = await import("./echarts");
  return library;
}

export interface DrawnChart {
  element: RefObject<HTMLDivElement | null>;
  state: "loading" | "drawn" | "failed";
}

/** Draws `option` into the element and keeps it the element's size. */
export function useChart(
  option: EChartsOption,
  onReady?: (chart: EChartsType) => (() => void) | void,
): DrawnChart {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const [loaded, setLoaded] = useState<Library | "failed" | undefined>(library);
  const ready = useRef(onReady);
  useEffect(() => {
    ready.current = onReady;
  });
  useEffect(() => {
    if (library) return;
    load().then(setLoaded, () => setLoaded("failed"));
  }, []);
  const found = loaded === "failed" ? undefined : loaded;
  useEffect(() => {
    const into = element.current;
    if (!into || !found) return;
    const made = found.init(into, undefined, { renderer: "svg" });
    chart.current = made;
    const size = new ResizeObserver(() => made.resize());
    size.observe(into);
    const release = ready.current?.(made);
    return () => {
      release?.();
      size.disconnect();
      made.dispose();
      chart.current = undefined;
    };
  }, [found]);
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option, found]);
  const state = found ? "drawn" : loaded === "failed" ? "failed" : "loading";
  return { element, state };
}
