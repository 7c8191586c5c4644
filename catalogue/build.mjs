// Makes dist/ from Segment's published destinations (@segment/action-destinations): what a sandbox
// loads to run one of them, and what the catalogue says about them. The server embeds the folder
// (crates/sluice-destinations, published/).
//
//   core.js.gz          what all share, and the entry (src/core.js)
//   lib/<name>.js.gz    large packages that a few share
//   to/<slug>.js.gz     one destination
//   catalogue.json.gz   names, settings, actions with their fields, presets
//   NOTICE              the packages inside, with their licences
//
// Destinations stay as they are published. Of what is below them four things are replaced: the HTTP
// client's fetch, the lexer of triggers, the resolving of mappings (all three are the server's
// matter), and one slow helper. Names of classes are kept: an error's name is part of its meaning.

import { build } from 'esbuild'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

import { LIBRARIES, SHARED } from './packages.mjs'
import { describe } from './describe.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, 'dist')
const require = createRequire(import.meta.url)
const published = dirname(require.resolve('@segment/action-destinations'))
const core = dirname(require.resolve('@segment/actions-core'))

const NODE = {
  assert: 'nothing', crypto: 'crypto', child_process: 'nothing', dns: 'nothing', fs: 'nothing', http: 'nothing',
  http2: 'nothing', https: 'https', net: 'nothing', os: 'nothing', path: 'path', querystring: 'querystring',
  stream: 'nothing', tls: 'nothing', url: 'url', util: 'nothing', zlib: 'nothing', process: 'nothing',
}

// Where a package is replaced, in every bundle.
const replaced = {
  name: 'replaced',
  setup({ onResolve }) {
    const own = (name) => ({ path: join(here, 'src', name) })
    onResolve({ filter: /^cross-fetch$/ }, () => own('fetch.js'))
    onResolve({ filter: /^@segment\/fql-ts$/ }, () => own('fql.js'))
    onResolve({ filter: /^sluice:mapping-kit$/ }, () => ({ path: join(core, 'mapping-kit/index.js') }))
    onResolve({ filter: /mapping-kit$/ }, ({ importer }) =>
      importer.endsWith('destination-kit/action.js') ? own('mapping.js') : undefined)
    onResolve({ filter: /\/get$/ }, ({ importer }) =>
      importer.startsWith(core) ? own('get.js') : undefined)
    onResolve({ filter: /^(node:)?[a-z_0-9]+(\/promises)?$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:|\/promises$/g, '')
      return kind !== 'entry-point' && NODE[name] ? own(`node/${NODE[name]}.js`) : undefined
    })
  },
}

// What core.js or a library has: asked for at run time.
const shared = (names) => ({
  name: 'shared',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[@a-z]/ }, ({ path, kind }) =>
      kind !== 'entry-point' && names.has(path) ? { path, namespace: 'shared' } : undefined)
    onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({
      contents: `module.exports = globalThis.__require(${JSON.stringify(path)})`,
    }))
  },
})

// The table of core.js: a module is made when it is first asked for.
const table = {
  name: 'table',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^sluice:shared$/ }, ({ path }) => ({ path, namespace: 'table' }))
    onLoad({ filter: /.*/, namespace: 'table' }, () => ({
      contents: `module.exports = {${SHARED.map((name) => {
        const text = JSON.stringify(name)
        return `${text}: () => require(${text})`
      }).join(',')}}`,
      resolveDir: here,
    }))
  },
}

async function bundle(contents, plugins) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: here, sourcefile: 'entry.js' },
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    // Else it is "development", and some destinations send to the machine of their authors.
    define: { 'process.env.NODE_ENV': '"production"' },
    mainFields: ['browser', 'main'],
    conditions: ['require'],
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'error',
    plugins,
  })
  Object.keys(metafile.inputs).forEach((file) => inputs.add(file))
  return outputFiles[0].text
}

// Every file that went into a bundle, for NOTICE.
const inputs = new Set()

function write(name, content) {
  const path = join(dist, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
const pack = (text) => gzipSync(text, { level: 9 })

rmSync(dist, { recursive: true, force: true })
write('core.js.gz', pack(await bundle(readFileSync(join(here, 'src/core.js'), 'utf8').replaceAll("'./", "'./src/"), [replaced, table])))

for (const name of LIBRARIES) {
  const text = JSON.stringify(name)
  const code = await bundle(`globalThis.__library(${text}, require(${text}))`, [replaced, shared(new Set(SHARED))])
  write(`lib/${name}.js.gz`, pack(code))
}

const catalogue = describe(require('@segment/action-destinations'))
const outside = new Set([...SHARED, ...LIBRARIES])
for (const entry of catalogue.destinations.filter((entry) => entry.unavailable === undefined)) {
  const path = JSON.stringify(join(published, 'destinations', entry.directory, 'index.js'))
  const code = await bundle(`globalThis.__destination(require(${path}).default)`, [replaced, shared(outside)])
  entry.libraries = LIBRARIES.filter((name) => code.includes(`__require(${JSON.stringify(name)})`))
  const named = code.matchAll(/process\.env(?:\.([A-Za-z_][A-Za-z0-9_]*)|\[["']([A-Za-z0-9_]+)["']\])/g)
  entry.environment = [...new Set([...named].map(([, a, b]) => a ?? b))].sort()
  write(`to/${entry.slug}.js.gz`, pack(code))
}
const compared = JSON.parse(readFileSync(join(here, 'parity/compared.json'), 'utf8'))
if (compared.version === catalogue.version) {
  for (const entry of catalogue.destinations) entry.compared = compared.destinations[entry.slug]
}
write('catalogue.json.gz', pack(JSON.stringify(catalogue)))

// ---- NOTICE

const folders = new Set()
for (const file of inputs) {
  const found = /^(?:\.\.\/)*((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)
  if (found) folders.add(join(here, found[1].replace(/^catalogue\//, '')))
}
const notices = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (!license) throw new Error(`${name} has no licence`)
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`
  return `${'='.repeat(72)}\n${name} ${version}\n\n${text}\n`
})
write('NOTICE', `The catalogue's destinations are those of @segment/action-destinations ${catalogue.version}, bundled with
what they need. Names of products are their owners'. These packages are inside:

${notices.join('\n')}`)
