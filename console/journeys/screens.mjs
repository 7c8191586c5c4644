// Pictures of every page of the demonstration: wide and phone, light and dark, empty, and with a server
// that fails; and what each page loads on a first visit, and when it can be used.
//
//   node screens.mjs DIR        (cargo xtask screens DIR sets what it needs)

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { launch, startDemo } from './server.mjs'

const [dir] = process.argv.slice(2)
if (dir === undefined) {
  console.error('usage: node screens.mjs DIR')
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
  const pages = await places(api)
  for (const form of FORMS) await walk(pages, { ...form, storageState })
  await walk(pages, { ...FORMS[0], name: 'error', storageState, fails: true })
  await speed(pages, storageState)
  await newWorkspace(first)
  await walk(pages.filter(({ bare }) => bare), { ...FORMS[0], name: 'empty', storageState: await entry.storageState() })
  await walk([{ name: 'sign-in', path: '/sign-in' }], { ...FORMS[0], name: 'wide-light' })
} finally {
  await browser.close()
  await demo.end()
}

/** Name and path of each page; the `bare` ones exist in a new workspace, too. */
async function places(api) {
  const { sources } = await api('/sources')
  const { destinations } = await api('/destinations')
  const { insights } = await api('/insights')
  const { people } = await api('/people')
  const source = `/sources/${sources[0].id}`
  const retention = { kind: 'retention', range: { last_days: 30 }, unit: 'day', start: { event: '_new' }, returning: { event: '_active' } }
  return [
    { name: 'home', path: '/', bare: true },
    { name: 'sources', path: '/sources', bare: true },
    { name: 'source-new', path: '/sources/new', bare: true },
    { name: 'source', path: source },
    { name: 'source-settings', path: `${source}?tab=settings` },
    { name: 'destinations', path: '/destinations', bare: true },
    { name: 'catalogue', path: '/destinations/new', bare: true },
    ...destinations.slice(0, 2).flatMap(({ id, metadata }) => ['delivery', 'dead', 'settings'].map(
      (tab) => ({ name: `destination-${metadata.id}-${tab}`, path: `/destinations/${id}?tab=${tab}` }))),
    { name: 'live-events', path: '/live-events', bare: true },
    { name: 'insights', path: '/insights', bare: true },
    { name: 'insight-new', path: '/insights/new', bare: true },
    ...insights.map(({ id, name }) => ({ name: `insight-${name.toLowerCase().replace(/\W+/g, '-')}`, path: `/insights/${id}` })),
    { name: 'insight-retention', path: `/insights/new?q=${encodeURIComponent(JSON.stringify(retention))}` },
    { name: 'dashboard', path: '/dashboards', bare: true },
    { name: 'cohorts', path: '/cohorts', bare: true },
    { name: 'cohort-new', path: '/cohorts/new', bare: true },
    { name: 'schema', path: '/schema', bare: true },
    { name: 'people', path: '/people', bare: true },
    { name: 'person', path: `/people/${people[0].id}` },
    { name: 'health', path: '/health', bare: true },
    ...['workspace', 'users', 'tokens', 'audit', 'account'].map((tab) => ({ name: `settings-${tab}`, path: `/settings?tab=${tab}`, bare: true })),
    { name: 'workspace-new', path: '/workspaces/new' },
  ]
}

async function walk(pages, { name: form, fails = false, ...options }) {
  const context = await browser.newContext({ baseURL: demo.url, ...options })
  const page = await context.newPage()
  if (fails) {
    await page.route('**/api/v1/**', (route) => route.request().url().includes('/session')
      ? route.continue()
      : route.fulfill({ status: 500, json: { errors: [{ type: 'internal', message: 'the disk is full; free some space', status: 500 }] } }))
  }
  for (const { name, path } of pages) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor().catch(() => undefined)
    await page.waitForLoadState('networkidle', { timeout: SETTLE_MS }).catch(() => undefined)
    await page.waitForTimeout(fails ? 2_500 : 250)
    await page.screenshot({ path: join(dir, `${name}.${form}.png`), fullPage: true, animations: 'disabled' })
  }
  await context.close()
}

/** First visits with nothing cached: what is loaded, and when the page has its data. */
async function speed(pages, storageState) {
  console.log('page: script until usable, script in all, until usable (nothing cached)')
  for (const { name, path } of pages) {
    const context = await browser.newContext({ baseURL: demo.url, viewport: WIDE, storageState })
    const page = await context.newPage()
    await page.goto(path, { waitUntil: 'commit' })
    const usable = await page.evaluate(whenUsable)
    await page.waitForLoadState('networkidle', { timeout: SETTLE_MS }).catch(() => undefined)
    const all = await page.evaluate(scriptBytes, Number.POSITIVE_INFINITY)
    const until = await page.evaluate(scriptBytes, usable)
    const kb = (bytes) => `${Math.round(bytes / 1000)} kB`
    console.log(`${name}: ${kb(until)}, ${kb(all)}, ${Math.round(usable)} ms`)
    await context.close()
  }
}

/** Resolves when the title stands and nothing is loading any more, with the time since navigation. */
function whenUsable() {
  return new Promise((done) => {
    const look = () => {
      const isReady = document.querySelector('main h1') && !document.querySelector('main [aria-label="Loading"]')
      if (isReady) done(performance.now())
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
