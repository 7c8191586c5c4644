// Segment's published browser destinations as plugins, and what the catalogue says of each: the same
// words as for the published server destinations (catalogue/describe.mjs).
//
// The package has ready-made files, too; but each brings the whole core with it. Built here they are a
// tenth of that.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

import { fieldsOf, presetOf } from '../../catalogue/describe.mjs'

// By folder of the package: those that are no destination of their own here, and why.
const UNAVAILABLE = {
  'amplitude-plugins': 'It only marks events for the server; the native Amplitude destination needs no such marks.',
  braze: 'It holds the SDK of the vendor, whose licence does not allow to give it out.',
  'braze-cloud-plugins': 'It only holds events back from the server’s Braze destination, on the page.',
  'segment-utilities-web': 'It changes events on the page before they are sent anywhere, which Sluice does on the server.',
}

// Not read at all: they are built on a library for servers.
const LEFT_OUT = ['friendbuy']

// Packages of vendors that a definition loads when it is read, though nothing of them is needed to
// describe it.
const VENDORS = ['logrocket', '@fullstory/browser', '@braze/web-sdk', '@braze/web-sdk-v3']

export async function published(here) {
  const root = join(here, 'node_modules/@segment/browser-destinations')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const folders = Object.keys(JSON.parse(readFileSync(join(root, 'dist/web/manifest-latest.json'), 'utf8'))).sort()
  const options = {
    bundle: true, write: false, absWorkingDir: here, logLevel: 'error', target: 'es2019',
    alias: {
      '@segment/actions-core/mapping-kit': join(here, 'node_modules/@segment/actions-core/dist/esm/mapping-kit/index.js'),
      '@segment/actions-core': join(here, 'published/core.js'),
      '@segment/actions-shared': join(here, 'published/core.js'),
      // It carries no licence; ours takes what Sluice takes.
      '@segment/fql-ts': join(here, 'published/lexer.cjs'),
      liquidjs: join(here, 'published/liquid.js'),
    },
  }
  const destinations = []
  const plugins = []
  for (const folder of folders) {
    const entry = join(root, 'dist/destinations', folder, 'index.js')
    if (!existsSync(entry)) throw new Error(`${folder} is in the package's list, but not in the package`)
    if (LEFT_OUT.includes(folder)) continue
    const definition = await read(entry, options)
    const slug = definition.slug ?? `actions-${folder}`
    destinations.push(describe(slug, folder, definition))
    const library = `${folder.replace(/\W(\w)/g, (_, letter) => letter.toUpperCase())}Destination`
    if (!UNAVAILABLE[folder]) plugins.push({ name: slug, library, options: { ...options, entryPoints: [entry] } })
  }
  return { plugins, catalogue: { version, destinations } }
}

// The definition, by running its module without a page.
async function read(entry, options) {
  const { outputFiles: [file] } = await build({ ...options, entryPoints: [entry], format: 'cjs', external: VENDORS })
  const module = { exports: {} }
  new Function('module', 'exports', 'require', file.text)(module, module.exports, () => ({}))
  return module.exports.destination
}

function describe(slug, folder, definition) {
  const { actions } = definition
  return {
    slug,
    name: definition.name,
    description: definition.description ?? '',
    scheme: 'none',
    settings: fieldsOf(definition.settings),
    actions: Object.entries(actions).map(([name, action]) => ({
      slug: name,
      title: action.title,
      description: action.description ?? '',
      trigger: action.defaultSubscription,
      fields: fieldsOf(action.fields),
    })),
    presets: (definition.presets ?? []).filter((one) => actions[one.partnerAction]).map((one) => presetOf(actions, one)),
    unavailable: UNAVAILABLE[folder],
  }
}
