// Draws what the receivers remember, and looks again every second and a half while the page is seen.

const AGAIN_MS = 1500;
const COUNTS = [
  ["messages", "messages taken", false],
  ["requests", "requests", false],
  ["repeats", "came again", false],
  ["failedRequests", "requests refused", true],
  ["refused", "messages never taken", true],
];

const number = new Intl.NumberFormat();

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function row(cells) {
  const line = make("tr");
  line.append(...cells.map((cell) => make("td", cell ?? "")));
  return line;
}

function fill(body, rows, columns, empty) {
  if (rows.length > 0) return body.replaceChildren(...rows);
  const line = make("tr");
  line.append(make("td", empty, { colspan: columns, class: "empty" }));
  body.replaceChildren(line);
}

function draw(section, receiver) {
  const part = (selector) => section.querySelector(selector);
  part(".counts").replaceChildren(
    ...COUNTS.map(([key, label, isBad]) => {
      const box = make("div", undefined, isBad && receiver[key] > 0 ? { class: "bad" } : {});
      box.append(make("dt", label), make("dd", number.format(receiver[key])));
      return box;
    }),
  );
  const most = Math.max(1, ...receiver.names.map((name) => name.count));
  part(".names").replaceChildren(
    ...receiver.names.map(({ name, count }) => {
      const line = make("li", undefined, { style: `--part: ${(100 * count) / most}%` });
      line.append(make("span", name), make("b", number.format(count)));
      return line;
    }),
  );
  const failures = receiver.failures.map((failure) =>
    row([`#${number.format(failure.request)}`, failure.status, failure.why]),
  );
  fill(part(".failures tbody"), failures, 3, "None so far.");
  const events = receiver.events.map((event) => row([event.kind, event.name, event.who]));
  fill(part(".events tbody"), events, 3, "Nothing has arrived yet.");
}

async function look() {
  const lost = document.getElementById("lost");
  try {
    const answer = await fetch("arrived.json");
    const arrived = await answer.json();
    for (const [id, receiver] of Object.entries(arrived)) draw(document.getElementById(id), receiver);
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
}

for (const section of document.querySelectorAll("section")) {
  section.append(document.getElementById("receiver").content.cloneNode(true));
  for (const box of section.querySelectorAll(".scroll")) box.tabIndex = 0;
}
look();
setInterval(() => document.hidden || look(), AGAIN_MS);
