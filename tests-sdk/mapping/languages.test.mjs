// Sluice's triggers and mappings against Segment's own code, on made-up cases: the published parser
// and evaluator of triggers, and the published mapping-kit with its Liquid.
//
// SLUICE_LANGUAGES and SLUICE_LANGUAGES_FILTER are the two programs that answer for Sluice, a case per
// line. CASES (default 20000) and SEED (default 1) may be set.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import Module, { createRequire } from "node:module";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { Maker } from "./cases.mjs";

const CASES = Number(process.env.CASES ?? 20000);
const SEED = Number(process.env.SEED ?? 1);
const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(path.resolve(process.env.SLUICE_LANGUAGES_TOOLS), "package.json"));

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  return request === "@segment/fql-ts" ? path.join(here, "../../browser/published/lexer.cjs") : resolve.call(this, request, ...rest);
};
const { parseFql, validate } = require("@segment/destination-subscriptions");
const { transform } = require("@segment/actions-core/mapping-kit");

/** What Sluice answers, a line per case. */
function answers(program, cases) {
  const input = cases.map((one) => JSON.stringify(one)).join("\n") + "\n";
  const run = spawnSync(program, { input, encoding: "utf8", maxBuffer: 1 << 30 });
  assert.equal(run.status, 0, run.stderr);
  const lines = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, cases.length);
  return lines;
}

function cases(make) {
  const maker = new Maker(SEED);
  return Array.from({ length: CASES }, () => make(maker));
}

/** Fails with the first few cases that differ. */
function compare(all, given, expected, interesting) {
  const different = all.map((one, i) => [one, given[i], expected[i]]).filter(([, a, b]) => JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b)));
  const shown = different.slice(0, 5).map(([one, a, b]) => `${JSON.stringify(one)}\n  Sluice  ${JSON.stringify(a)}\n  Segment ${JSON.stringify(b)}`);
  assert.equal(different.length, 0, `${different.length} of ${all.length} differ:\n${shown.join("\n")}`);
  // Cases that all say the same would show nothing.
  assert.ok(interesting > all.length / 10 && interesting < (all.length * 9) / 10, `${interesting} of ${all.length}`);
}

/** Members in one order, so that two objects compare. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

test(`triggers: ${CASES} match the same events`, () => {
  const all = cases((maker) => ({ trigger: maker.trigger(), event: maker.event() }));
  const expected = all.map(({ trigger, event }) => {
    try {
      return validate(parseFql(trigger), event);
    } catch {
      return false;
    }
  });
  compare(all, answers(process.env.SLUICE_LANGUAGES_FILTER, all), expected, expected.filter(Boolean).length);
});

function segment({ mapping, event }) {
  try {
    // A copy, since the original writes into its mapping.
    return { value: JSON.parse(JSON.stringify(transform(structuredClone(mapping), event) ?? null)) };
  } catch {
    return { error: true };
  }
}

function checkMappings(all, interesting) {
  const given = answers(process.env.SLUICE_LANGUAGES, all).map((one) => ("error" in one ? { error: true } : one));
  const expected = all.map(segment);
  compare(all, given, expected, expected.filter(interesting).length);
}

test(`mappings: ${CASES} give the same payloads`, () => {
  const all = cases((maker) => ({ mapping: maker.mapping(), event: maker.event() }));
  checkMappings(all, (one) => JSON.stringify(one.value ?? null).length > 12);
});

test(`Liquid: ${CASES} templates give the same texts`, () => {
  const all = cases((maker) => ({ mapping: { v: { "@liquid": maker.liquid(2) } }, event: maker.event() }));
  checkMappings(all, (one) => (one.value?.v ?? "").trim().length > 3);
});
