// `node parity/node.mjs FOLDER`: runs the cases in Node, with the package as it is published, and
// writes FOLDER/cases.json (the cases), FOLDER/version.txt (of the package) and FOLDER/node.json (what
// became of each, in their order).
// Only fetch is replaced; it writes down what was asked.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

import { cases } from './cases.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)
const folder = process.argv[2]
const catalogue = JSON.parse(gunzipSync(readFileSync(join(here, '../dist/catalogue.json.gz'))))
const all = [...cases(catalogue)]
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'cases.json'), JSON.stringify(all))
writeFileSync(join(folder, 'version.txt'), catalogue.version)

// Before anything reads its environment: modules of the package do so when they are loaded.
for (const { environment } of all) Object.assign(process.env, environment)
process.env.TZ = 'UTC'
process.env.NODE_ENV = 'production'

const crypto = require('node:crypto')
const zeros = (size) => Buffer.alloc(size)
const uuid = () => '00000000-0000-4000-8000-000000000000'
crypto.randomBytes = zeros
crypto.randomUUID = uuid
globalThis.crypto.getRandomValues = (array) => array.fill(0)
globalThis.crypto.randomUUID = uuid

const crossFetch = require('cross-fetch')
const { Request, Response } = crossFetch
let requests = []
let peer
const TRANSPORT = ['accept', 'accept-encoding', 'connection', 'content-length', 'host']
async function fetch(input, init) {
  const request = new Request(input, init)
  const headers = [...request.headers].filter(([name]) => !TRANSPORT.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1))
  requests.push({ method: request.method, url: request.url, headers, body: await request.text() })
  return new Response(peer.body, { status: peer.status, statusText: STATUS[peer.status], headers: { 'content-type': 'application/json' } })
}
const STATUS = { 200: 'OK', 400: 'Bad Request', 401: 'Unauthorized' }
const path = require.resolve('cross-fetch')
require.cache[path].exports = Object.assign(fetch, crossFetch, { default: fetch, fetch })
globalThis.fetch = fetch
globalThis.console = { ...console, log() {}, warn() {}, error() {}, info() {}, debug() {} }

await import('./driver.js')
const { Destination } = require('@segment/actions-core')
const published = require('@segment/action-destinations')

const made = new Map()
const results = []
for (const one of all) {
  if (!made.has(one.slug)) made.set(one.slug, new Destination(published.destinations[one.directory]))
  requests = []
  peer = one.peer
  const late = new Promise((done) => setTimeout(done, 5_000, { outcome: 'late' }))
  const result = await Promise.race([globalThis.parityRun(made.get(one.slug), structuredClone(one)), late])
  results.push({ ...result, requests })
}
writeFileSync(join(folder, 'node.json'), JSON.stringify(results))
process.exit(0)
