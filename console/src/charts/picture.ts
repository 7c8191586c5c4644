// Pictures of charts for files: SVG texts that stand alone.

/** Colours and font of a picture. */
export interface Ink {
  text: string;
  muted: string;
  line: string;
  ground: string;
  font: string;
}

export interface LegendMark {
  name: string;
  colour: string;
}

const PAD = 16;
const TITLE = 34;
const LINE = 22;
const ROW = 28;
const ROWS_MAX = 60;
/** Of a letter of 12 pixels, on average. */
const LETTER = 6.7;

export function escapeXml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (sign) => names[sign] ?? sign);
}

/** The drawing inside an element with its title and legend; nothing if there is none. */
export function drawingSvg(inside: HTMLElement, title: string, ink: Ink): string | undefined {
  const drawn = inside.querySelector<SVGSVGElement>("[data-chart] svg");
  if (!drawn) return undefined;
  const { width, height } = drawn.getBoundingClientRect();
  const copy = drawn.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.removeAttribute("style");
  const marks = [...inside.querySelectorAll<HTMLElement>("[data-legend] [data-colour]:not([data-off])")].map(
    (mark) => ({ name: mark.title, colour: mark.dataset["colour"] ?? ink.text }),
  );
  const legend = legendLines(marks, width);
  copy.setAttribute("x", String(PAD));
  copy.setAttribute("y", String(PAD + TITLE));
  const body = new XMLSerializer().serializeToString(copy);
  const below = PAD + TITLE + height + 8;
  const swatches = legend.flatMap((line, at) =>
    line.map(({ x, name, colour }) => {
      const y = below + at * LINE;
      return `<rect x="${PAD + x}" y="${y + 4}" width="9" height="9" rx="2" fill="${escapeXml(colour)}"/>${textAt(PAD + x + 15, y + 12, name, ink.text)}`;
    }),
  );
  return sheet(width + 2 * PAD, below + legend.length * LINE + PAD, title, `${body}${swatches.join("")}`, ink);
}

/** The marks in lines that fit. */
export function legendLines(marks: readonly LegendMark[], width: number): (LegendMark & { x: number })[][] {
  const lines: (LegendMark & { x: number })[][] = [];
  let x = 0;
  for (const mark of marks) {
    const takes = 15 + mark.name.length * LETTER + 18;
    if (lines.length === 0 || (x > 0 && x + takes > width)) {
      lines.push([]);
      x = 0;
    }
    lines.at(-1)?.push({ ...mark, x });
    x += takes;
  }
  return lines;
}

/** Rows of text as a table; the first is its head, the first column stands left. */
export function tableSvg(title: string, rows: readonly (readonly string[])[], ink: Ink): string {
  const shown = rows.slice(0, ROWS_MAX);
  const columns = Math.max(...shown.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...shown.map((row) => (row[at] ?? "").length * LETTER + 24), 40),
  );
  const starts = widths.map((_, at) => widths.slice(0, at).reduce((sum, one) => sum + one, 0));
  const width = widths.reduce((sum, one) => sum + one, 0);
  const cells = shown.flatMap((row, at) => {
    const y = PAD + TITLE + at * ROW;
    const colour = at === 0 ? ink.muted : ink.text;
    const texts = row.map((text, column) => {
      const left = PAD + (starts[column] ?? 0);
      return column === 0
        ? textAt(left, y + 18, text, colour)
        : textAt(left + (widths[column] ?? 0), y + 18, text, colour, "end");
    });
    return [...texts, `<line x1="${PAD}" x2="${PAD + width}" y1="${y + ROW}" y2="${y + ROW}" stroke="${escapeXml(ink.line)}"/>`];
  });
  const left = rows.length - shown.length;
  const more = left > 0 ? textAt(PAD, PAD + TITLE + shown.length * ROW + 18, `and ${left} more rows`, ink.muted) : "";
  const height = PAD + TITLE + (shown.length + (left > 0 ? 1 : 0)) * ROW + PAD;
  return sheet(width + 2 * PAD, height, title, cells.join("") + more, ink);
}

function textAt(x: number, y: number, text: string, colour: string, anchor = "start"): string {
  return `<text x="${x}" y="${y}" font-size="12" fill="${escapeXml(colour)}" text-anchor="${anchor}">${escapeXml(text)}</text>`;
}

function sheet(width: number, height: number, title: string, body: string, ink: Ink): string {
  const head = `<text x="${PAD}" y="${PAD + 14}" font-size="15" font-weight="600" fill="${escapeXml(ink.text)}">${escapeXml(title)}</text>`;
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="${escapeXml(ink.font)}"><rect width="100%" height="100%" fill="${escapeXml(ink.ground)}"/>${head}${body}</svg>`;
}
