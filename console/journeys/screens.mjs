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
  const pages = await places(api)
  for (const form of FORMS) await walk(pages, { ...form, storageState })
  await walk(pages, { ...FORMS[0], name: 'error', storageState, fails: true })
  await documents(pages, storageState)
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
  const shop = sources.find(({ name }) => name === 'Sample shop') ?? sources[0]
  const source = `/sources/${shop.id}`
  const waiting = sources.find(({ id }) => id !== shop.id)
  const ask = (name, query, more = '') => ({ name: `insight-${name}`, path: `/insights/new?q=${encodeURIComponent(JSON.stringify(query))}${more}` })
  const month = { last_days: 30 }
  const weeks = { last_days: 42 }
  const signup = { kind: 'funnel', range: month, window_seconds: 604_800, steps: [{ event: 'Signup Started' }, { event: 'Signup Completed' }] }
  const signups = { kind: 'trend', range: month, events: [{ event: 'Signup Completed' }] }
  const payments = { event: { event: 'Order Completed' } }
  const byEmail = { clauses: [{ any_of: [{ kind: 'performed', event: { event: 'Signup Completed', filters: [{ property: 'signup_method', of: 'event', op: 'is', values: ['email'] }] }, op: 'greater_or_equal', count: 1, within: month }] }] }
  const inTime = { clauses: [{ any_of: [{ kind: 'sequence', steps: signup.steps, in_seconds: 600, within: month }] }] }
  return [
    { name: 'home', path: '/', bare: true },
    { name: 'sources', path: '/sources', bare: true },
    { name: 'source-new', path: '/sources/new', bare: true },
    { name: 'source', path: source },
    { name: 'source-settings', path: `${source}?tab=settings` },
    ...(waiting ? [{ name: 'source-waiting', path: `/sources/${waiting.id}` }] : []),
    { name: 'destinations', path: '/destinations', bare: true },
    { name: 'catalogue', path: '/destinations/new', bare: true },
    ...destinations.slice(0, 2).flatMap(({ id, metadata }) => ['delivery', 'dead', 'settings'].map(
      (tab) => ({ name: `destination-${metadata.id}-${tab}`, path: `/destinations/${id}?tab=${tab}` }))),
    { name: 'live-events', path: '/live-events', bare: true },
    { name: 'insights', path: '/insights', bare: true },
    { name: 'insight-new', path: '/insights/new', bare: true },
    ...insights.map(({ id, name }) => ({ name: `insight-${name.toLowerCase().replace(/\W+/g, '-')}`, path: `/insights/${id}` })),
    ask('retention', { kind: 'retention', range: month, unit: 'day', start: { event: '_new' }, returning: { event: '_active' } }),
    ask('paths', { kind: 'paths', range: month, start: { event: 'Product Viewed' }, columns_max: 5, collapse_repeats: true }),
    ask('lifecycle', { kind: 'lifecycle', range: month, interval: 'week', event: { event: '_active' } }),
    ask('stickiness', { kind: 'stickiness', range: month, event: { event: '_active' } }),
    ask('sessions', { kind: 'sessions', range: month }),
    ask('revenue-kind', { kind: 'revenue', range: month, payments }),
    ask('lifetime', { kind: 'lifetime', range: month, measure: 'arpu', payments }),
    ask('composition', { kind: 'composition', range: month, property: { property: 'plan', of: 'user' } }),
    ask('signup-drop-off', signup),
    ask('signup-by-method', { ...signup, breakdown: { property: 'signup_method' } }),
    ask('signup-over-time', { ...signup, range: weeks, interval: 'week' }, '&chart=line'),
    ask('signup-by-day', { ...signups, interval: 'day' }),
    ask('signup-by-platform', { ...signups, range: weeks, interval: 'week', breakdown: { property: 'platform', of: 'context' } }),
    ask('people-behind', signup, `&people=${encodeURIComponent(JSON.stringify({ step: 2 }))}`),
    { name: 'dashboard', path: '/dashboards', bare: true },
    { name: 'cohorts', path: '/cohorts', bare: true },
    { name: 'cohort-new', path: '/cohorts/new', bare: true },
    { name: 'cohort-by-method', path: `/cohorts/new?name=Signed+up+by+email&q=${encodeURIComponent(JSON.stringify(byEmail))}` },
    { name: 'cohort-in-time', path: `/cohorts/new?name=Signed+up+within+10+minutes&q=${encodeURIComponent(JSON.stringify(inTime))}` },
    { name: 'schema', path: '/schema', bare: true },
    { name: 'people', path: '/people', bare: true },
    { name: 'person', path: `/people/${(people.find(({ name }) => name) ?? people[0]).id}` },
    { name: 'person-without-name', path: `/people/${(people.find(({ name }) => !name) ?? people[0]).id}` },
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
    await page.setViewportSize(options.viewport)
    await settle(page, path, fails ? 2_500 : 250)
    // The window as high as the page, so that what stands beside it is as high, too.
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    await page.setViewportSize({ ...options.viewport, height: Math.min(Math.max(height, options.viewport.height), HEIGHT_MAX) })
    await page.waitForTimeout(100)
    await page.screenshot({ path: join(dir, `${name}.${form}.png`), animations: 'disabled' })
  }
  await context.close()
}

async function settle(page, path, pause) {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor().catch(() => undefined)
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
