// The words of a trigger, as the published parser of triggers expects them. Its own lexer carries no
// licence, so neither the plugins nor the tests have it; this one takes what Sluice takes.
"use strict";

const types = { EOS: "eos", Ident: "ident" };
const WORDS = { and: "conditional", or: "conditional", null: "null" };
const MARKS = { ".": "dot", "[": "brackleft", "]": "brackright", "(": "parenleft", ")": "parenright", ",": "comma" };

function lex(text) {
  const tokens = [];
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found?.[0];
  };
  while (at < text.length) {
    if (take(/[ \t\n\r]+/y)) continue;
    let found;
    if ((found = take(/"[^"]*"|'[^']*'/y))) tokens.push({ type: "string", value: found });
    else if ((found = take(/[+-]?\d+(\.\d+)?/y))) tokens.push({ type: "number", value: found });
    else if ((found = take(/[!<>]=|[=<>!]/y))) tokens.push({ type: "operator", value: found });
    else if ((found = take(/[.[\](),]/y))) tokens.push({ type: MARKS[found], value: found });
    else if ((found = take(/(?:[A-Za-z_]|\\[^])(?:[A-Za-z0-9_-]|\\[^])*/y))) {
      const next = text[at];
      if (next !== undefined && !" \t\n\r,]).(=!<>".includes(next)) throw new Error(`stray ${next}`);
      const stands = next === undefined || " \t\n\r,])".includes(next);
      const type = (stands && WORDS[found]) || "ident";
      tokens.push({ type, value: found.replace(/\\([^])/g, "$1") });
    } else throw new Error(`stray ${text[at]}`);
  }
  tokens.push({ type: "eos", value: "eos" });
  return { tokens };
}

module.exports = { lex, types };
