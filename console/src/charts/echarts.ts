// The parts of ECharts that are used; nothing else is in the bundle. Drawn as SVG: sharp on every
// screen, and what is exported is what is seen.

import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use as register } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

register([BarChart, LineChart, GridComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

export { init };
export type { EChartsType } from "echarts/core";
export type { EChartsOption, LineSeriesOption, BarSeriesOption } from "echarts";
