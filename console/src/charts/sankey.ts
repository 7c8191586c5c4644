// The part of ECharts that draws flows. Loaded only where one is drawn.

import { SankeyChart } from "echarts/charts";
import { TooltipComponent } from "echarts/components";
import { init, use as register } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

register([SankeyChart, TooltipComponent, SVGRenderer]);

export { init };
