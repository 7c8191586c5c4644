// Writes `<file>.br` and `<file>.gz` beside each text file of a folder, where that saves something.
// The server embeds these forms and answers with the one that the browser takes.
//
//   node scripts/precompress.mjs DIR

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXT = /\.(html|js|mjs|css|svg|json|txt|map)$/;
const BYTES_MIN = 512;

const [dir] = process.argv.slice(2);
if (dir === undefined) {
  console.error("usage: node scripts/precompress.mjs DIR");
  process.exit(2);
}

const total = { plain: 0, br: 0, gz: 0 };
for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const plain = readFileSync(path);
  if (plain.length < BYTES_MIN) continue;
  const br = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  const gz = gzipSync(plain, { level: 9 });
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gz);
  total.plain += plain.length;
  total.br += br.length;
  total.gz += gz.length;
}
const kb = (bytes) => `${Math.round(bytes / 1000)} kB`;
console.log(`compressed: ${kb(total.plain)} -> ${kb(total.br)} (br), ${kb(total.gz)} (gz)`);
