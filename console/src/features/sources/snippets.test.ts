import { expect, test } from "vitest";
import { SENDERS, senderOf, snippets } from "./snippets";

const plain = snippets({ origin: "http://127.0.0.1:8080", writeKey: "wk_123" });
const code = (id: string) => plain.find((snippet) => snippet.id === id)?.code ?? "";

test("every snippet holds the key and the host", () => {
  expect(plain.map((snippet) => snippet.id)).toEqual([
    "browser", "node", "python", "go", "java", "ruby", "swift", "kotlin", "curl",
  ]);
  for (const snippet of plain) {
    expect(snippet.code, snippet.id).toContain("wk_123");
    expect(snippet.code, snippet.id).toContain("127.0.0.1");
  }
});

test("libraries that take a bare host get host, port and scheme apart", () => {
  expect(code("ruby")).toContain('host: "127.0.0.1"');
  expect(code("ruby")).toContain("port: 8080");
  expect(code("ruby")).toContain("ssl: false");
  const secure = snippets({ origin: "https://events.example.com", writeKey: "k" });
  expect(secure.find((snippet) => snippet.id === "ruby")?.code).toContain("port: 443");
});

test("the mobile libraries say that they need https, and only over http", () => {
  const note = (origin: string) =>
    snippets({ origin, writeKey: "k" }).find((snippet) => snippet.id === "swift")?.note;
  expect(note("http://localhost:8080")).toContain("https only");
  expect(note("https://events.example.com")).toBeUndefined();
});

test("each kind of sender begins with code that exists, and an unknown kind with curl", () => {
  for (const sender of SENDERS) expect(code(sender.snippet)).not.toBe("");
  expect(senderOf("something-else").snippet).toBe("curl");
});
