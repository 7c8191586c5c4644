// A chart as a file: what is drawn as PNG or SVG with its name and legend, its numbers as CSV. What is
// no drawing (a table, a single number) is exported as a picture of its numbers.

import { Button, Menu } from "@mantine/core";
import { Download } from "lucide-react";
import type { RefObject } from "react";
import { csv, pngOf, saveFile } from "../../charts/save";
import { drawingSvg, tableSvg, type Ink } from "../../charts/picture";
import { notifyFailed } from "../../components/notify";
import type { NumberTable } from "./kind";

interface Props {
  name: string;
  /** Holds the drawing. */
  panel: RefObject<HTMLElement | null>;
  table: NumberTable | undefined;
}

export function ExportMenu(props: Props) {
  return (
    <Menu position="bottom-end" shadow="none">
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<Download size={13} aria-hidden />} disabled={!props.table}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <ExportItems {...props} />
      </Menu.Dropdown>
    </Menu>
  );
}

export function ExportItems({ name, panel, table }: Props) {
  const file = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 80) || "insight";
  const picture = () => {
    const inside = panel.current;
    if (!inside || !table) return undefined;
    const ink = inkOf(inside);
    return drawingSvg(inside, name, ink) ?? tableSvg(name, textRows(table), ink);
  };
  const saveSvg = () => {
    const svg = picture();
    if (svg) saveFile(`${file}.svg`, new Blob([svg], { type: "image/svg+xml" }));
  };
  const savePng = async () => {
    try {
      const svg = picture();
      const png = svg ? await pngOf(svg) : undefined;
      if (png) saveFile(`${file}.png`, png);
    } catch (error) {
      notifyFailed("The picture was not made", error);
    }
  };
  const saveCsv = () => {
    if (!table) return;
    const head = [table.title, ...table.columns.map((column) => column.title)];
    const rows = table.rows.map((row) => [row.title, ...row.cells.map((cell) => cell.value)]);
    saveFile(`${file}.csv`, new Blob([csv([head, ...rows])], { type: "text/csv" }));
  };
  return (
    <>
      <Menu.Item disabled={!table} onClick={() => void savePng()}>PNG image</Menu.Item>
      <Menu.Item disabled={!table} onClick={saveSvg}>SVG image</Menu.Item>
      <Menu.Item disabled={!table} onClick={saveCsv}>CSV of the numbers</Menu.Item>
    </>
  );
}

function inkOf(inside: HTMLElement): Ink {
  const style = getComputedStyle(inside);
  return {
    text: style.color,
    muted: style.getPropertyValue("--sl-muted"),
    line: style.getPropertyValue("--sl-line"),
    ground: style.backgroundColor,
    font: style.fontFamily,
  };
}

function textRows(table: NumberTable): string[][] {
  const head = [table.title, ...table.columns.map((column) => column.title)];
  return [head, ...table.rows.map((row) => [row.title, ...row.cells.map((cell) => cell.text)])];
}
