// How fast things are seen: a click in the sample shop, and the first hour of an empty workspace.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { launch, startDemo, startReceiver } from './server.mjs'

const IN_LIVE_EVENTS_MS = 2_000
const IN_THE_TREND_MS = 5_000
const EVENT = 'Product Added'

describe('the demonstration', () => {
  let demo, receiver, browser, context, page

  before(async () => {
    ;[demo, receiver, browser] = await Promise.all([startDemo(), startReceiver(), launch()])
    context = await browser.newContext({ baseURL: demo.url, viewport: { width: 1440, height: 900 } })
    context.setDefaultTimeout(20_000)
    page = await context.newPage()
    await page.goto(demo.signIn)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Is everything that came in where it should be?' }).waitFor()
  })
  after(async () => {
    await browser?.close()
    receiver?.end()
    await demo?.end()
  })

  test('a click in the shop is in live events within 2 s and in the trend within 5 s', async (told) => {
    const shop = await context.newPage()
    await shop.goto('/demo-shop/')
    await shop.locator('a.product').first().click()
    const add = shop.getByRole('button', { name: 'Add to cart' })
    await add.waitFor()
    const id = await shop.evaluate(() => new Promise((done) => {
      const look = () => (window.analytics?.user?.().anonymousId?.() ? done(window.analytics.user().anonymousId()) : setTimeout(look, 50))
      look()
    }))
    await page.goto(`/live-events?person=${encodeURIComponent(id)}`)
    await page.getByRole('row').filter({ hasText: 'Product Viewed' }).first().waitFor()
    const clicked = Date.now()
    await add.click()
    await page.getByRole('row').filter({ hasText: EVENT }).first().waitFor()
    const live = Date.now() - clicked
    // Others shop meanwhile: what is asked for is this person's event.
    while (await count() === 0) await new Promise((later) => { setTimeout(later, 25) })
    const counted = Date.now() - clicked
    told.diagnostic(`in live events after ${live} ms, in the trend after ${counted} ms`)
    assert.ok(live < IN_LIVE_EVENTS_MS, `live events took ${live} ms`)
    assert.ok(counted < IN_THE_TREND_MS, `the trend took ${counted} ms`)
    await shop.close()

    // The trend of today, of what the person's own cart adds.
    async function count() {
      const { csrfToken } = (await (await context.request.get('/api/v1/session')).json()).data
      const cart = await shop.evaluate(() => JSON.parse(localStorage.getItem('shop.cart.id') ?? 'null'))
      if (!cart) return 0
      const filters = [{ property: 'cart_id', of: 'event', op: 'is', values: [cart] }]
      const data = { kind: 'trend', range: { last_days: 1 }, users: 'any', measure: 'totals', events: [{ event: EVENT, filters }] }
      const answer = await context.request.post('/api/v1/insights/query', { data, headers: { 'x-csrf-token': csrfToken, origin: demo.url } })
      assert.equal(answer.status(), 200, await answer.text())
      return (await answer.json()).data.result.series[0]?.total ?? 0
    }
  })

  test('an empty workspace has its first event delivered to Amplitude within a minute', async (told) => {
    let clicks = 0
    const click = async (locator) => {
      clicks += 1
      await locator.click()
    }
    const button = (name) => page.getByRole('button', { name })
    const places = page.getByRole('navigation', { name: 'Places' })
    await page.goto('/workspaces/new')
    await page.getByLabel('Name').fill('Empty')
    await button(/Create workspace/).click()
    await button(/Workspace Empty/).waitFor()

    const began = Date.now()
    await click(places.getByRole('link', { name: 'Sources', exact: true }))
    await click(page.getByRole('link', { name: 'Create source' }).first())
    await page.getByLabel('Name').fill('Site')
    await click(page.getByRole('radio', { name: /^HTTP/ }))
    await click(button('Create source'))
    await page.getByText(/Waiting for the first event/i).waitFor()
    const writeKey = /[A-Za-z0-9]{32}/.exec(await page.locator('main').innerText())?.[0]
    const send = (event) => fetch(`${demo.url}/v1/track`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${writeKey}:`)}` },
      body: JSON.stringify({ userId: 'somebody', event }),
    })
    assert.equal((await send('First Event')).status, 200)
    await page.getByText('First Event').first().waitFor()
    const seen = Date.now() - began
    const clicksUntilSeen = clicks

    await click(places.getByRole('link', { name: 'Destinations', exact: true }))
    await click(page.getByRole('link', { name: /(Create|Add|New) destination/ }).first())
    await click(page.getByRole('link', { name: /Amplitude/ }).first())
    await page.getByLabel(/^API key/).fill('0123456789abcdef0123456789abcdef')
    await page.getByRole('textbox', { name: 'Server URL' }).fill(receiver.url)
    // The only source of the workspace is chosen already.
    await page.getByText('Site', { exact: true }).waitFor()
    await click(button('Add destination'))
    await page.waitForURL(/\/destinations\/(?!new)/)
    const on = page.getByRole('switch', { name: /takes events/ })
    if (!(await on.isChecked())) {
      clicks += 1
      await on.click({ force: true })
    }
    await page.getByText('On', { exact: true }).waitFor()
    assert.equal((await send('Second Event')).status, 200)
    const arrived = () => receiver.bodies.some((body) => body.includes('Second Event'))
    while (!arrived() && Date.now() - began < 60_000) await new Promise((later) => { setTimeout(later, 25) })
    assert.ok(arrived(), 'the event is delivered')
    told.diagnostic(`first event seen after ${seen} ms and ${clicksUntilSeen} clicks, delivered after ${Date.now() - began} ms and ${clicks} clicks`)
  })
})
