import { useComputedColorScheme } from "@mantine/core";

/** What charts take from the scheme; the same values as `styles/tokens.css`. */
export interface ChartTheme {
  dark: boolean;
  text: string;
  muted: string;
  line: string;
  lineStrong: string;
  surface: string;
}

const LIGHT: ChartTheme = {
  dark: false,
  text: "#1d2125",
  muted: "#5c646d",
  line: "#e9ebee",
  lineStrong: "#cdd2d7",
  surface: "#ffffff",
};
const DARK: ChartTheme = {
  dark: true,
  text: "#e3e6ea",
  muted: "#9aa2ab",
  line: "#242930",
  lineStrong: "#3a4048",
  surface: "#16191d",
};

export function useChartTheme(): ChartTheme {
  return useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
}
