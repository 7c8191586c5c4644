import { expect, test } from "vitest";
import { drawingSvg, legendLines, tableSvg, type Ink } from "./picture";

const INK: Ink = { text: "#111", muted: "#555", line: "#ddd", ground: "#fff", font: 'A "B", serif' };
const parsed = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;

test("a table as a picture holds every text and stays well-formed", () => {
  const svg = parsed(tableSvg('<Orders> & "more"', [["Group", "Total"], ["a<b", "1,204"]], INK));
  expect([...svg.querySelectorAll("text")].map((text) => text.textContent)).toEqual(['<Orders> & "more"', "Group", "Total", "a<b", "1,204"]);
  expect(Number(svg.getAttribute("width"))).toBeGreaterThan(50);
});

test("a long table says what it leaves out", () => {
  const rows = Array.from({ length: 100 }, (_, at) => [`row ${at}`, "1"]);
  expect(tableSvg("T", rows, INK)).toContain("and 40 more rows");
});

test("a drawing keeps its title and the names of the series that are on", () => {
  const inside = document.createElement("div");
  inside.innerHTML =
    '<div data-chart><svg width="400" height="200"><path d="M0 0"/></svg></div>' +
    '<ul data-legend><li><button title="US" data-colour="#f00"></button></li><li><button title="DE" data-colour="#0f0" data-off="true"></button></li></ul>';
  const svg = drawingSvg(inside, "By country", INK) ?? "";
  expect(svg).toContain("By country");
  expect(svg).toContain(">US<");
  expect(svg).not.toContain(">DE<");
  expect(drawingSvg(document.createElement("div"), "None", INK)).toBeUndefined();
});

test("a legend goes on in a new line where it does not fit", () => {
  const marks = ["one", "two", "a much longer name of a series"].map((name) => ({ name, colour: "#000" }));
  expect(legendLines(marks, 150).map((line) => line.length)).toEqual([2, 1]);
});
