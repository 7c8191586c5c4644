// What each page loads before it can be used: its script and styles with all that they import, in
// Brotli form. Fails if a page's script is over the bound.
//
//   node scripts/sizes.mjs DIR [--all]

import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const SCRIPT_BYTES_MAX = 300_000;

const [dir, all] = process.argv.slice(2);
if (dir === undefined) {
  console.error("usage: node scripts/sizes.mjs DIR [--all]");
  process.exit(2);
}

const manifest = JSON.parse(readFileSync(join(dir, ".vite/manifest.json"), "utf8"));
// It is no part of what is served.
rmSync(join(dir, ".vite"), { recursive: true });

const bytes = (file) => {
  const path = join(dir, file);
  return statSync(`${path}.br`, { throwIfNoEntry: false })?.size ?? statSync(path).size;
};

/** The files that a chunk needs before it runs. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, seen);
  return seen;
}

function sizes(keys) {
  const chunks = new Set(keys.flatMap((key) => [...closure(key)]));
  const styles = new Set([...chunks].flatMap((key) => manifest[key].css ?? []));
  const sum = (files) => [...files].reduce((total, file) => total + bytes(file), 0);
  return { script: sum([...chunks].map((key) => manifest[key].file)), styles: sum(styles) };
}

const [entry] = Object.keys(manifest).filter((key) => manifest[key].isEntry);
const pages = (manifest[entry].dynamicImports ?? [])
  .filter((key) => /Page\.tsx$|routes\/pages\//.test(key))
  .map((key) => ({ name: key.replace(/^.*\/|\.tsx$/g, ""), ...sizes([entry, key]) }))
  .sort((a, b) => b.script - a.script);
if (pages.length < 8) throw new Error("the pages were not found in the manifest");

const kb = (size) => `${Math.round(size / 1000)} kB`;
for (const page of all ? pages : pages.slice(0, 1)) {
  console.log(`${all ? "" : "largest page: "}${page.name} ${kb(page.script)} of script, ${kb(page.styles)} of styles (br)`);
}
const later = Object.keys(manifest).find((key) => key.endsWith("charts/echarts.ts"));
if (all && later) console.log(`the chart library, after the numbers are shown: ${kb(bytes(manifest[later].file))}`);
const over = pages.filter((page) => page.script > SCRIPT_BYTES_MAX);
for (const page of over) {
  console.error(`${page.name} loads ${kb(page.script)} of script before it can be used; the bound is ${kb(SCRIPT_BYTES_MAX)}`);
}
if (over.length > 0) process.exit(1);
