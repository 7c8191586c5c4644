// JSON text in pieces for colouring. Works on text, never on parsed values: an id beyond 2^53 keeps
// its digits, and keys their order.

export type PieceKind = "key" | "string" | "number" | "word" | "mark";

export interface Piece {
  kind: PieceKind;
  text: string;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/g;

/** The text indented by two spaces, in pieces. Text that is no JSON comes back as one piece. */
export function jsonPieces(source: string): Piece[] {
  const tokens = source.match(TOKEN);
  if (tokens === null || source.replace(TOKEN, "").trim() !== "") {
    return [{ kind: "mark", text: source }];
  }
  const pieces: Piece[] = [];
  const mark = (text: string) => pieces.push({ kind: "mark", text });
  let depth = 0;
  const newLine = () => `\n${"  ".repeat(depth)}`;
  tokens.forEach((token, at) => {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") {
      const closes = next === "}" || next === "]";
      depth += 1;
      mark(closes ? token : token + newLine());
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const opened = tokens[at - 1] === "{" || tokens[at - 1] === "[";
      mark(opened ? token : newLine() + token);
    } else if (token === ",") {
      mark(`,${newLine()}`);
    } else if (token === ":") {
      mark(": ");
    } else {
      pieces.push({ kind: kindOf(token, next), text: token });
    }
  });
  return pieces;
}

function kindOf(token: string, next: string | undefined): PieceKind {
  if (token.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(token) ? "number" : "word";
}

interface ReviverContext {
  source?: string;
}

interface ExactJson {
  parse: (text: string, reviver: (key: string, value: unknown, context?: ReviverContext) => unknown) => unknown;
  rawJSON?: (text: string) => unknown;
}

/**
 * Parses, but numbers that JavaScript cannot hold exactly stay what was sent: printed again, an id
 * beyond 2^53 keeps its digits. Browsers without support give the nearest number.
 */
export function parseExact(text: string): unknown {
  const json = JSON as unknown as ExactJson;
  return json.parse(text, (_key, value, context) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || String(value) === source) return value;
    return json.rawJSON?.(source) ?? value;
  });
}
