// What people do with answers, in a real browser against the real server: compare with the past, note,
// export, name, gather people, erase one; and all of it on a phone.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'

import { launch, makeSource, setUp, startServer, watched } from './server.mjs'

const OWNER = { email: 'ada@shop.example', name: 'Ada Owner', password: 'a long enough password' }
const DAY_MS = 86_400_000
const ORDER = 'Order Completed'
/** Who ordered, days ago: three people in the last week, two of them also in the week before. */
const ORDERS = [['ann', 1], ['ben', 2], ['cora', 3], ['ann', 8], ['ben', 9]]

describe('answers', () => {
  let server, browser, context, page, watch, assertSound

  before(async () => {
    ;[server, browser] = await Promise.all([startServer(), launch()])
    ;({ watch, assertSound } = watched(server.url))
    context = await browser.newContext({ baseURL: server.url, viewport: { width: 1440, height: 900 }, timezoneId: 'UTC' })
    context.setDefaultTimeout(15_000)
    page = await context.newPage()
    watch(page)
    await setUp(page, server, OWNER)
    const key = await makeSource(context, server.url, 'shop', 'My shop')
    const batch = ['ann', 'ben', 'cora'].flatMap((userId) => [
      { type: 'identify', userId, traits: { name: `${userId} of the shop`, email: `${userId}@mail.example` }, timestamp: ago(10) },
      { type: 'track', event: 'Product Viewed', userId, properties: { category: 'Home' }, timestamp: ago(10) },
    ])
    batch.push(...ORDERS.map(([userId, days]) => ({
      type: 'track', event: ORDER, userId, properties: { revenue: 10 }, timestamp: ago(days),
      context: { app: { name: 'Shop', version: days > 7 ? '1.0' : '2.0' }, groupId: userId === 'cora' ? 'bolt' : 'acme' },
    })))
    const headers = { authorization: `Basic ${btoa(`${key}:`)}` }
    const answer = await fetch(`${server.url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify({ batch }) })
    assert.equal(answer.status, 200)
    const counted = async () => JSON.stringify((await (await context.request.get('/api/v1/events/names')).json()).data)
    for (let look = 0; look < 100 && !/"count":5\b/.test(await counted()); look += 1) await page.waitForTimeout(100)
  })
  after(async () => {
    await browser?.close()
    await server?.end()
  })

  const ago = (days) => new Date(Date.now() - days * DAY_MS).toISOString()
  const button = (name, within = page) => within.getByRole('button', { name })
  const heading = (name, within = page) => within.getByRole('heading', { name, level: 1 })
  const asked = (query, more = '') => `/insights/new?q=${encodeURIComponent(JSON.stringify(query))}${more}`
  const ORDERS_A_WEEK = { kind: 'trend', range: { last_days: 7 }, events: [{ event: ORDER }] }
  const drawn = (within = page) => within.locator('[data-chart][data-drawn]').waitFor()
  /** Words in the drawing. */
  const words = (text) => page.locator('[data-chart] text').filter({ hasText: text })

  test('an answer stands beside that of the period before', async () => {
    await page.goto(asked(ORDERS_A_WEEK))
    await drawn()
    await page.getByRole('checkbox', { name: 'Compare to past' }).check()
    await page.getByText(/^Finely dotted: 7 days before/).waitFor()
    assert.match(page.url(), /compare/)
    await assertSound(page, 'a trend beside its past')
    await page.getByRole('radiogroup', { name: 'Chart' }).getByText('Number', { exact: true }).click()
    await page.getByText('up 50% from the 2 of 7 days before').waitFor()
    await page.reload()
    await page.getByText('up 50% from the 2 of 7 days before').waitFor()
  })

  test('a chart is exported as its numbers and as a picture', async () => {
    await page.goto(asked(ORDERS_A_WEEK))
    await drawn()
    const exported = async (item) => {
      await button('Export').click()
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: item }).click()])
      return { name: download.suggestedFilename(), content: await readFile(await download.path()) }
    }
    const csv = await exported('CSV of the numbers')
    assert.match(csv.name, /Order-Completed.*\.csv$/)
    const [head, row, ...more] = csv.content.toString().trimEnd().split('\r\n').map((line) => line.split(','))
    assert.equal(more.length, 0)
    assert.equal(row[0], ORDER)
    const total = row[head.findIndex((title) => /total/i.test(title))]
    assert.equal(total, '3', `${head} / ${row}`)
    assert.equal(row.filter((cell) => cell === '1').length, 3, 'a person on each of three days')
    const png = await exported('PNG image')
    assert.match(png.name, /\.png$/)
    assert.equal(png.content.subarray(1, 4).toString(), 'PNG')
    assert.ok(png.content.readUInt32BE(16) > 800 && png.content.readUInt32BE(20) > 600, 'twice as fine as on the screen')
    const svg = (await exported('SVG image')).content.toString()
    assert.match(svg, /^<svg [^>]*>.*Order Completed.*<path/s)
  })

  test('a note is put on the charts, changed and taken off', async () => {
    await page.goto(asked(ORDERS_A_WEEK))
    await drawn()
    await button(/^Annotat/).click()
    await page.getByLabel('New note').fill('Release 4.2')
    await page.getByLabel(/^When/).fill(ago(6).slice(0, 16))
    await assertSound(page, 'the notes')
    await button('Put on the charts').click()
    await words('Release 4.2').waitFor()
    await button('Change Release 4.2').click()
    await page.getByLabel('Note', { exact: true }).fill('Release 4.3')
    await button('Change', page).and(page.locator('[type=submit]')).click()
    await words('Release 4.3').waitFor()
    assert.equal(await words('Release 4.2').count(), 0)
    await page.reload()
    await words('Release 4.3').waitFor()
    await button('Annotations (2)').click()
    await button('Take Release 4.3 off the charts').click()
    await words('Release 4.3').waitFor({ state: 'detached' })
  })

  test('a release that events tell of stands on the charts, and before and after it are compared', async () => {
    await page.goto(asked({ ...ORDERS_A_WEEK, range: { last_days: 30 } }))
    await words('Shop 2.0').waitFor()
    await button(/^Annotations/).click()
    await button('Before and after Shop 2.0').click()
    const compared = page.getByRole('region', { name: 'Before and after Shop 2.0' })
    const row = compared.getByRole('row').filter({ hasText: ORDER })
    await row.waitFor()
    assert.deepEqual(await row.getByRole('cell').allTextContents(), ['0', '3', '–'])
    await compared.getByText(/Only 3 days since then are over/).waitFor()
    await assertSound(page, 'before and after')
    await page.reload()
    await row.waitFor()
    await button('Close before and after').click()
    await compared.waitFor({ state: 'detached' })
  })

  test('companies are counted instead of people, and the list names them', async () => {
    await page.goto(asked(ORDERS_A_WEEK))
    await page.getByText('3 people did Order Completed in the last 7 days.').waitFor()
    await button(/^Counted by/).click()
    await page.getByRole('menuitem', { name: 'groups', exact: true }).or(page.getByRole('menuitemradio', { name: 'groups', exact: true })).click()
    await page.getByText('2 groups did Order Completed in the last 7 days.').waitFor()
    assert.match(page.url(), /count_by/)
    await page.getByRole('button', { name: /^2: Order Completed, whole range/ }).click()
    const list = page.getByRole('dialog')
    await list.getByText('2 groups').first().waitFor()
    for (const name of ['acme', 'bolt']) await list.getByText(name, { exact: true }).waitFor()
    await assertSound(page, 'the groups behind a number')
  })

  test('the dictionary names an event, and makes one of several', async () => {
    await page.goto('/schema')
    await page.getByRole('row').filter({ hasText: ORDER }).click()
    const panel = page.getByRole('dialog')
    await panel.getByLabel('Display name').fill('Purchase')
    await panel.getByLabel('Description').fill('The payment went through')
    await assertSound(page, 'an entry of the dictionary')
    await button('Save', panel).click()
    await panel.waitFor({ state: 'hidden' })
    await page.getByRole('row').filter({ hasText: 'Purchase' }).getByText('The payment went through').waitFor()
    await assertSound(page, 'the schema')
    await button('New custom event').click()
    await panel.getByLabel('Name', { exact: true }).fill('Looked or bought')
    for (const name of ['Product Viewed', ORDER]) {
      await panel.getByRole('textbox', { name: 'Made of' }).or(panel.getByRole('combobox', { name: 'Made of' })).fill(name)
      await page.keyboard.press('Enter')
    }
    await button('Save', panel).click()
    await panel.waitFor({ state: 'hidden' })
    await page.getByRole('row').filter({ hasText: 'Looked or bought' }).getByText('custom').waitFor()
    await page.goto(asked({ ...ORDERS_A_WEEK, range: { last_days: 30 }, measure: 'totals', events: [{ event: ORDER }, { event: 'ce:Looked or bought' }] }, '&chart=table'))
    await button('Event A: Purchase. Change').waitFor()
    await page.getByRole('row').filter({ hasText: 'Looked or bought' }).getByRole('button', { name: /^8: / }).first().waitFor()
    await page.goto('/schema')
    await page.getByRole('row').filter({ hasText: 'Purchase' }).click()
    await button('Say nothing of it', panel).click()
    await panel.waitFor({ state: 'hidden' })
    await page.getByRole('row').filter({ hasText: 'Purchase' }).waitFor({ state: 'detached' })
  })

  test('a cohort shows its people while it is written, and is saved without a name of its own', async () => {
    await page.goto('/cohorts/new')
    await page.getByText('Choose what people did, and they stand here').waitFor()
    await assertSound(page, 'a cohort of which nothing is said')
    await button(/Condition 1: choose an event/).click()
    await page.locator('input[aria-label="Search events"][data-expanded]').fill('Order')
    await page.getByRole('option', { name: /Order Completed/ }).first().click()
    await page.getByText('3 people now').waitFor()
    const people = page.getByRole('table', { name: 'People of the cohort' })
    await people.getByText('cora of the shop').waitFor()
    await button(/^Condition 1, number: once/).click()
    await page.getByLabel('Number', { exact: true }).fill('2')
    await button('Apply').click()
    await page.getByText('2 people now').waitFor()
    await people.getByText('cora of the shop').waitFor({ state: 'detached' })
    await people.getByText('ann of the shop').waitFor()
    await assertSound(page, 'a cohort as it is written')
    await button('Save').click()
    await heading(/^Did Order Completed at least 2 times/).waitFor()
    await page.getByText('2 people as saved').waitFor()
    await page.goto('/cohorts')
    await page.getByRole('row').filter({ hasText: 'at least 2 times' }).getByText('2', { exact: true }).waitFor()
  })

  test('on a phone every page fits, and says first what one came for', async () => {
    const phone = await browser.newContext({ baseURL: server.url, viewport: { width: 390, height: 844 }, storageState: await context.storageState(), hasTouch: true })
    phone.setDefaultTimeout(15_000)
    const hand = await phone.newPage()
    watch(hand)
    const fits = async (what) => {
      const wider = await hand.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.ok(wider <= 0, `${what} is ${wider} px wider than the window`)
      await assertSound(hand, `${what}, on a phone`)
    }
    for (const path of ['/', '/sources', '/destinations', '/destinations/new', '/live-events', '/schema', '/insights', '/cohorts', '/cohorts/new', '/people', '/health', '/settings']) {
      await hand.goto(path)
      await hand.locator('main h1').waitFor()
      await hand.locator('main [aria-label="Loading"]').first().waitFor({ state: 'hidden' })
      await fits(path)
    }
    const inSight = async (locator) => (await locator.boundingBox()).y < 844
    await hand.goto(asked({ kind: 'funnel', range: { last_days: 30 }, steps: [{ event: 'Product Viewed' }, { event: ORDER }], window_seconds: 30 * 86_400 }))
    const chart = hand.getByRole('group', { name: 'Funnel' })
    await chart.waitFor()
    assert.ok(await inSight(chart), 'the answer stands above what is folded')
    await fits('a funnel')
    await button(/^Product Viewed → Order Completed/, hand).click()
    await button('Step 2: Order Completed. Change', hand).waitFor()
    await fits('the question of a funnel')
    await hand.getByText('More options').click()
    await hand.getByText('each person once').waitFor()
    await fits('all of the question of a funnel')
    await hand.goto('/people')
    await hand.getByText('ann of the shop').click()
    const first = button(/Order Completed/, hand).first()
    await first.waitFor()
    assert.ok(await inSight(first), 'what the person did last is in the first window')
    await hand.getByText('Traits', { exact: true }).click()
    await hand.getByText('ann@mail.example').last().waitFor()
    await fits('a person')
    await first.click()
    await hand.getByRole('dialog').getByText('Stored for analytics').waitFor()
    await fits('an event of a person')
    await phone.close()
  })

  test('a person is erased and counts no more', async () => {
    await page.goto('/people')
    await page.getByLabel('Search by any id or trait').fill('cora@mail.example')
    await page.getByRole('row').filter({ hasText: 'cora of the shop' }).click()
    await heading('cora of the shop').waitFor()
    await button('Erase').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(/cannot be undone/).waitFor()
    await assertSound(page, 'the question before somebody is erased')
    await button('Keep it', dialog).click()
    await dialog.waitFor({ state: 'hidden' })
    await button('Erase').click()
    await button('Erase for good', dialog).click()
    await page.getByText('Erased', { exact: true }).waitFor()
    await heading('Who are they?').waitFor()
    await page.getByRole('row').filter({ hasText: 'ann of the shop' }).waitFor()
    assert.equal(await page.getByText('cora of the shop').count(), 0)
    await page.goto(asked(ORDERS_A_WEEK, '&chart=number'))
    await button(/^2 Unique people, Order Completed/).waitFor()
    await page.goto('/people?q=cora%40mail.example')
    await page.getByText(/^Nobody has/).waitFor()
  })
})
