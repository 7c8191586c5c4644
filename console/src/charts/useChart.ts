import { useEffect, useRef, type RefObject } from "react";
import { init, type EChartsOption, type EChartsType } from "./echarts";

/** Draws `option` into the element and keeps it the element's size. */
export function useChart(
  option: EChartsOption,
  onReady?: (chart: EChartsType) => (() => void) | void,
): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const ready = useRef(onReady);
  useEffect(() => {
    ready.current = onReady;
  });
  useEffect(() => {
    const into = element.current;
    if (!into) return;
    const made = init(into, undefined, { renderer: "svg" });
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
  }, []);
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);
  return element;
}
