// Pictures of every page of the demonstration: wide and phone, light and dark, empty, and with a server
// that fails; and what each page loads on a first visit, and when it can be used.
//
//   node screens.mjs DIR [NAME…]        (cargo xtask screens DIR [NAME…] sets what it needs)
//
// With names only pages with one of them in theirs are drawn, and nothing is measured.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { places } from './places.mjs'
import { launch, startDemo } from './server.mjs'

const [dir, ...only] = process.argv.slice(2)
if (dir === undefined) {
  console.error('usage: node screens.mjs DIR [NAME…]')
  process.exit(2)
}

const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
const FORMS = [
  { name: 'wide-light', viewport: WIDE, colorScheme: 'light' },
  { name: 'wide-dark', viewport: WIDE, colorScheme: 'dark' },
  { name: 'phone-light', viewport: PHONE, colorScheme: 'light' },
  { name: 'phone-dark', viewport: PHONE, colorScheme: 'dark' },
]
/** Until a page has settled; a page that streams never does. */
const SETTLE_MS = 10_000
const VISITS = 3
/** A picture of a long list shows its beginning. */
const HEIGHT_MAX = 2_400
/** A folder below DIR with the pictures of the documents: pages as they stand in a window, small enough to load at once. */
const DOCS = 'pictures'

const demo = await startDemo()
const browser = await launch()
await mkdir(dir, { recursive: true })
try {
  const entry = await browser.newContext({ baseURL: demo.url, viewport: WIDE })
  const first = await entry.newPage()
  await first.goto(demo.signIn)
  await first.getByRole('button', { name: 'Sign in' }).click()
  await first.getByRole('heading', { name: 'Is everything that came in where it should be?' }).waitFor()
  const storageState = await entry.storageState()
  const api = async (path) => (await (await entry.request.get(`${demo.url}/api/v1${path}`)).json()).data
  const all = await places(api)
  const pages = all.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)))
  for (const form of FORMS) await walk(pages, { ...form, storageState })
  await walk(pages, { ...FORMS[0], name: 'error', storageState, fails: true })
  await documents(pages, storageState)
  if (only.length === 0) await speed(pages, storageState)
  await newWorkspace(first)
  await walk(pages.filter(({ bare }) => bare), { ...FORMS[0], name: 'empty', storageState: await entry.storageState() })
  const entries = [{ name: 'sign-in', path: '/sign-in' }, { name: 'setup', path: '/setup?token=a-token' }, { name: 'invite', path: '/invite?code=a-code' }]
  for (const form of FORMS) await walk(entries, form)
} finally {
  await browser.close()
  await demo.end()
}

async function walk(pages, { name: form, fails = false, ...options }) {
  const context = await browser.newContext({ baseURL: demo.url, ...options })
  const page = await context.newPage()
  if (fails) {
    await page.route('**/api/v1/**', (route) => route.request().url().includes('/session')
      ? route.continue()
      : route.fulfill({ status: 500, json: { errors: [{ type: 'internal', message: 'the disk is full; free some space', status: 500 }] } }))
  }
  for (const { name, path, act } of pages) {
    if (fails && act) continue
    await page.setViewportSize(options.viewport)
    await settle(page, path, fails ? 2_500 : 250)
    // What is opened by hand lies over the page, and is as high as the window.
    if (act) await act(page).catch((error) => console.error(`${name} (${form}): ${error.message}`))
    else await grow(page, options.viewport)
    await page.waitForTimeout(act ? 400 : 100)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) console.error(`${name} (${form}): ${wide} px wider than the window`)
    await page.screenshot({ path: join(dir, `${name}.${form}.png`), animations: 'disabled' })
  }
  await context.close()
}

/** The window as high as the page, so that what stands beside it is as high, too. */
async function grow(page, viewport) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ ...viewport, height: Math.min(Math.max(height, viewport.height), HEIGHT_MAX) })
}

async function settle(page, path, pause) {
  await page.goto(path)
  await page.evaluate(whenUsable, 4_000)
  await page.waitForLoadState('networkidle', { timeout: SETTLE_MS }).catch(() => undefined)
  await page.waitForTimeout(pause)
}

/** What the documents show, light and wide. */
async function documents(pages, storageState) {
  const shown = ['home', 'live-events', 'insight-signup-by-method', 'insight-paths', 'insight-retention', 'dashboard', 'person', 'cohort-in-time']
  const context = await browser.newContext({ baseURL: demo.url, storageState, ...FORMS[0] })
  const page = await context.newPage()
  await mkdir(join(dir, DOCS), { recursive: true })
  for (const { name, path } of pages.filter((one) => shown.includes(one.name))) {
    await settle(page, path, 250)
    await page.screenshot({ path: join(dir, DOCS, `${name.replace('insight-', '')}.png`), animations: 'disabled' })
  }
  await context.close()
}

/** First visits with nothing cached, the median of a few: what is loaded, and when the page has its data. */
async function speed(pages, storageState) {
  console.log(`page: script until usable, script in all, until usable (nothing cached, median of ${VISITS})`)
  for (const { name, path } of pages.filter(({ act }) => !act)) {
    const seen = []
    for (let visit = 0; visit < VISITS; visit += 1) seen.push(await firstVisit(path, storageState))
    const { usable, until, all } = seen.sort((a, b) => a.usable - b.usable)[Math.floor(VISITS / 2)]
    const kb = (bytes) => `${Math.round(bytes / 1000)} kB`
    console.log(`${name}: ${kb(until)}, ${kb(all)}, ${usable === Infinity ? 'not usable' : `${Math.round(usable)} ms`}`)
  }
}

async function firstVisit(path, storageState) {
  const context = await browser.newContext({ baseURL: demo.url, viewport: WIDE, storageState })
  const page = await context.newPage()
  await page.goto(path, { waitUntil: 'commit' })
  const usable = await page.evaluate(whenUsable, SETTLE_MS)
  // What comes later comes within this time; a stream never ends.
  await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined)
  const all = await page.evaluate(scriptBytes, Number.POSITIVE_INFINITY)
  const until = await page.evaluate(scriptBytes, usable)
  await context.close()
  return { usable, until, all }
}

/**
 * Resolves with the time since navigation at which the title stands with something below it and nothing
 * is loading, and stays so for a few frames: between a page's code and its data there is neither.
 */
function whenUsable(within) {
  const FRAMES = 4
  return new Promise((done) => {
    let since
    let frames = 0
    const look = () => {
      const below = [...document.querySelectorAll('main header ~ *, main form')].some((one) => one.clientHeight > 0)
      const isReady = document.querySelector('main h1, main h2') && below && !document.querySelector('main [aria-label="Loading"]')
      frames = isReady ? frames + 1 : 0
      if (frames === 1) since = performance.now()
      if (frames >= FRAMES) done(since)
      else if (performance.now() > within) done(Number.POSITIVE_INFINITY)
      else requestAnimationFrame(look)
    }
    look()
  })
}

function scriptBytes(until) {
  return performance.getEntriesByType('resource')
    .filter((one) => new URL(one.name).pathname.endsWith('.js') && one.startTime <= until)
    .reduce((sum, one) => sum + one.encodedBodySize, 0)
}

async function newWorkspace(page) {
  await page.goto('/workspaces/new')
  await page.getByLabel('Name').fill('Empty')
  await page.getByRole('button', { name: /Create workspace/ }).click()
  await page.getByRole('button', { name: /Workspace Empty/ }).waitFor()
}
