// The look: one accent, hairlines, a 4 px grid, 8 px radius, 13 px text. Colours of state and
// surfaces are CSS variables in `styles/tokens.css`.

import { Badge, Button, Drawer, Modal, Notification, Select, Tabs, TextInput, Tooltip, createTheme } from "@mantine/core";
import type { MantineColorsTuple } from "@mantine/core";

const water: MantineColorsTuple = [
  "#eef4ff",
  "#dbe7fd",
  "#b3ccf8",
  "#88b0f3",
  "#6399ee",
  "#4a88eb",
  "#2b6bd8",
  "#225cbd",
  "#1a4fa6",
  "#0f4090",
];

const gray: MantineColorsTuple = [
  "#f8f9fa",
  "#f1f3f5",
  "#e6e8eb",
  "#d9dce0",
  "#c4c9cf",
  "#9aa1a9",
  "#6a727b",
  "#4d545c",
  "#33393f",
  "#1d2125",
];

const dark: MantineColorsTuple = [
  "#e3e6ea",
  "#b9bfc6",
  "#9aa2ab",
  "#6d757e",
  "#3a4048",
  "#2c3138",
  "#20242a",
  "#16191d",
  "#111316",
  "#0c0e10",
];

/** What destroys: white words on it have a contrast of 5.5. */
const red: MantineColorsTuple = [
  "#fff5f5",
  "#ffe3e3",
  "#ffc9c9",
  "#ffa8a8",
  "#ff8787",
  "#e5564d",
  "#c92a2a",
  "#b32424",
  "#a01f1f",
  "#8c1a1a",
];

const MONO =
  'ui-monospace, "SF Mono", SFMono-Regular, Menlo, "Cascadia Mono", Consolas, "Liberation Mono", monospace';
const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export const theme = createTheme({
  primaryColor: "water",
  primaryShade: { light: 6, dark: 6 },
  colors: { water, gray, dark, red },
  black: "#1d2125",
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.4" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "8px", xl: "8px" },
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "28px" },
      h2: { fontSize: "15px", lineHeight: "22px" },
      h3: { fontSize: "13px", lineHeight: "20px" },
    },
  },
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" }, styles: { root: { fontWeight: 550 } } }),
    Badge: Badge.extend({
      defaultProps: { variant: "light", radius: "sm", size: "md" },
      styles: { root: { textTransform: "none", fontWeight: 550, letterSpacing: 0 } },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    // On a phone the tabs are one row that scrolls.
    Tabs: Tabs.extend({ styles: { list: { flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden", scrollbarWidth: "none" }, tab: { flex: "none" } } }),
    Select: Select.extend({ defaultProps: { size: "sm", checkIconPosition: "right" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 250, fz: "xs", multiline: true } }),
    Modal: Modal.extend({ defaultProps: { centered: true, transitionProps: { duration: 120 } } }),
    Drawer: Drawer.extend({ defaultProps: { transitionProps: { duration: 120 } } }),
  },
});
