import { expect, test } from "vitest";
import { agentWords } from "./agent";

const MOZILLA = "Mozilla/5.0";

test("usual browsers have their names", () => {
  const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
  expect(agentWords(`${MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`)).toBe("Firefox on Linux");
  expect(agentWords(`${MOZILLA} (Windows NT 10.0; Win64; x64) ${chrome}`)).toBe("Chrome on Windows");
  expect(agentWords(`${MOZILLA} (Windows NT 10.0; Win64; x64) ${chrome} Edg/140.0`)).toBe("Edge on Windows");
  expect(agentWords(`${MOZILLA} (Linux; Android 16; Pixel 9) ${chrome}`)).toBe("Chrome on Android");
  expect(
    agentWords(`${MOZILLA} (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1`),
  ).toBe("Safari on iPhone");
});

test("what is not known is shown as it came", () => {
  expect(agentWords("curl/8.14.1")).toBe("curl/8.14.1");
  expect(agentWords("")).toBe("Unknown browser");
});
