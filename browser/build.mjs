// Makes dist/ from Segment's published browser SDK: the script that the snippet loads, its lazy
// chunks, the plugins of destinations that pages send to themselves, and the licences. The server
// embeds the folder and serves it (crates/sluice-collector, pages/sdk.rs).
//
// Segment's file looks for its own host by an https:// address only, and falls back to Segment's
// hosts. Here it asks the place it came from, whatever scheme that has: each of the vendor's
// addresses is replaced, and a release in which one of them is not found exactly as often as listed
// fails the build.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, deflateRawSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

import { published } from './published/build.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const sdk = join(here, 'node_modules/@segment/analytics-next')
const dist = join(here, 'dist')

// Text of the vendor's file, what stands for it here, and how often it occurs.
const REPLACED = [
  ['"__WRITE_KEY__"', '$sluice.key', 1],
  ['/(https:\\/\\/.*)\\/analytics\\.js', '/(https?:\\/\\/.*)\\/analytics\\.js', 1],
  ['"https://cdn.segment.com/analytics-next/bundles/"', '$sluice.cdn+"/analytics-next/bundles/"', 1],
  ['"https://cdn.segment.com/analytics.js/v1/".concat', '($sluice.cdn+"/analytics.js/v1/").concat', 1],
  ['"https://cdn.segment.com"', '$sluice.cdn', 1],
  ['"api.segment.io/v1"', '$sluice.host', 1],
  [':"https"', ':$sluice.protocol', 2],
  ['="https"', '=$sluice.protocol', 1],
  // Only browsers of before 2017 ask for it; they go on without.
  ['"https://cdnjs.cloudflare.com/ajax/libs/babel-polyfill/7.7.0/polyfill.min.js"', '"data:text/javascript,"', 1],
]

// The strip that shows a page's calls (overlay/overlay.js), loaded only where it is asked for. What
// the page calls before it is there waits in `seen`.
const OVERLAY = readFileSync(join(here, 'overlay/overlay.js'), 'utf8')
const OVERLAY_NAME = `overlay.bundle.${createHash('sha256').update(OVERLAY).digest('hex').slice(0, 20)}.js`

// Folders of the packages that are in the files.
const held = new Set()

// The plugins for device mode.
const AMPLITUDES_OWN_LOOKS = [
  'autocapture', 'custom-enrichment', 'event-property-attribution', 'network-capture', 'page-url-enrichment',
  'page-view-tracking', 'web-vitals',
]
const PLUGINS = [{
  name: 'amplitude',
  library: 'sluiceAmplitude',
  options: {
    entryPoints: ['amplitude/plugin.js'],
    alias: Object.fromEntries(AMPLITUDES_OWN_LOOKS.map((part) =>
      [`@amplitude/plugin-${part}-browser`, join(here, 'amplitude/unused.js')])),
  },
}]

// The places a script can be loaded from, best first. `key` comes from the server, at the end of
// the file.
const { version } = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8'))
const PREFIX = `/*! @segment/analytics-next ${version} (MIT), changed: see /analytics-next/NOTICE */
(function($sluice){
var script=document.currentScript,place=/^((https?):\\/\\/(.*))\\/analytics\\.js\\/v1\\//;
var found=place.exec(script&&script.src||"");
for(var all=document.getElementsByTagName("script"),i=0;!found&&i<all.length;i++)found=place.exec(all[i].src);
var named=document.querySelector("script[data-global-segment-analytics-key]");
var global=named&&named.dataset.globalSegmentAnalyticsKey||"analytics",queue=window[global]=window[global]||[];
$sluice.cdn=queue._cdn=queue._cdn||(found?found[1]:location.origin);
$sluice.host=(found?found[3]:location.host)+"/v1";
$sluice.protocol=found?found[2]:location.protocol==="http:"?"http":"https";
try{
var asked=/[?&]sluice_overlay(?:=([^&]*))?(?:&|$)/.exec(location.search);
if(asked)sessionStorage.setItem("sluice_overlay",asked[1]==="0"?"0":"1");
if(sessionStorage.getItem("sluice_overlay")==="1"&&!window.sluiceOverlay){
var overlay=window.sluiceOverlay={seen:[],cdn:$sluice.cdn,key:$sluice.key,note:function(event){overlay.seen.push(event)}};
queue.push(["addSourceMiddleware",function(call){overlay.note(call.payload.obj);call.next(call.payload)}]);
var loader=document.createElement("script");loader.async=true;
loader.src=$sluice.cdn+"/analytics-next/bundles/${OVERLAY_NAME}";document.head.appendChild(loader);
}}catch(unavailable){}
`

function readScript(name) {
  const text = readFileSync(join(sdk, 'dist/umd', name), 'utf8')
  return text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '')
}

function ownAddresses(text) {
  for (const [theirs, ours, times] of REPLACED) {
    const parts = text.split(theirs)
    if (parts.length !== times + 1) {
      throw new Error(`the SDK has ${theirs} ${parts.length - 1} times, not ${times}: look at what changed`)
    }
    text = parts.join(ours)
  }
  const rest = text.match(/https?:\/\/(?!cdn\.segment\.\(com\|build\)|segment\.com\/docs|www\.w3\.org)[a-z.]+\.[a-z]+/)
  if (rest) throw new Error(`the SDK knows a foreign address: ${rest[0]}`)
  return text
}

function write(name, bytes) {
  const path = join(dist, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

const brotli = (text, end) => brotliCompressSync(text, {
  finishFlush: end,
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text) },
})

rmSync(dist, { recursive: true, force: true })

// All but the last few bytes, which hold the write key; compressed up to a byte's border, so that
// the server can append them without compressing anything itself.
const script = `${PREFIX}${ownAddresses(readScript('standalone.js'))}\n})(`
write('analytics.js', script)
write('analytics.js.br', brotli(script, constants.BROTLI_OPERATION_FLUSH))
write('analytics.js.deflate', deflateRawSync(script, { level: 9, finishFlush: constants.Z_SYNC_FLUSH }))

function writeChunk(name, text) {
  write(`bundles/${name}`, text)
  write(`bundles/${name}.br`, brotli(text, constants.BROTLI_OPERATION_FINISH))
  write(`bundles/${name}.gz`, gzipSync(text, { level: 9 }))
}

for (const name of readdirSync(join(sdk, 'dist/umd'))) {
  if (/\.bundle\.[0-9a-f]+\.js$/.test(name)) writeChunk(name, readScript(name))
}
writeChunk(OVERLAY_NAME, OVERLAY)

// Which file and global function each plugin is, for the server.
const plugins = {}
const onPages = await published(here)
for (const { name, library, options } of [...PLUGINS, ...onPages.plugins]) {
  const { outputFiles: [file], metafile } = await build({
    bundle: true, minify: true, write: false, metafile: true, format: 'iife', target: 'es2019', charset: 'utf8',
    legalComments: 'none', globalName: library, absWorkingDir: here,
    footer: { js: `${library}=${library}.default;` }, ...options,
  })
  const named = `${name}.bundle.${createHash('sha256').update(file.text).digest('hex').slice(0, 20)}.js`
  writeChunk(named, file.text)
  plugins[name] = { file: named, library }
  for (const input of Object.keys(metafile.inputs)) {
    const folder = /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
    if (folder) held.add(join(here, folder))
  }
}
write('plugins.json', JSON.stringify(plugins))
write('destinations.json.gz', gzipSync(JSON.stringify(onPages.catalogue), { level: 9 }))

// What the bundlers put into those files, with its licence. The vendor's bundler tells nothing: all
// that the SDK asks for, but what only servers need.
function asksFor(folder) {
  if (held.has(folder) || /\/(node-fetch|whatwg-url|webidl-conversions|tr46|inherits)$/.test(folder)) return
  held.add(folder)
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) asksFor(join(here, 'node_modules', name))
}
asksFor(sdk)
const notices = [...held].sort().map((folder) => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const readme = readdirSync(folder).find((name) => /^readme/i.test(name))
  const text = (name) => name ? readFileSync(join(folder, name), 'utf8').trim() : ''
  // Some have their licence in the readme, some only its name.
  const words = text(file) || /MIT License[^]*SOFTWARE\./.exec(text(readme))?.[0] || `Its licence: ${license}`
  return `${'='.repeat(72)}\n${name} ${version}\n\n${words}\n`
})
write('NOTICE', `The browser SDK that this server gives out is @segment/analytics-next ${version},
with the vendor's addresses replaced by the server's own, and plugins around the SDKs of destinations.
They hold these packages:

${notices.join('\n')}`)
