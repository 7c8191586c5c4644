// A team's way with a destination of the catalogue, in a real browser against the real server: from
// the catalogue to the first contact over there, and back from what goes wrong.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { startHubSpot } from './hubspot.mjs'
import { launch, makeSource, setUp, startServer, watched } from './server.mjs'

const OWNER = { email: 'ada@shop.example', name: 'Ada Owner', password: 'a long enough password' }

describe('a destination of the catalogue', () => {
  let folder, hubspot, server, browser, page, assertSound
  const keys = {}

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-hubspot-'))
    hubspot = await startHubSpot(folder)
    ;[server, browser] = await Promise.all([startServer(`proxy = "${hubspot.proxy}"\nca_file = "${hubspot.authority}"`), launch()])
    const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1440, height: 900 } })
    context.setDefaultTimeout(15_000)
    page = await context.newPage()
    const eye = watched(server.url, hubspot.door)
    eye.watch(page)
    assertSound = eye.assertSound
    await setUp(page, server, OWNER)
    for (const slug of ['shop', 'app']) keys[slug] = await makeSource(context, server.url, slug, `Our ${slug}`)
  })
  after(async () => {
    await browser?.close()
    await server?.end()
    hubspot?.end()
    await rm(folder, { recursive: true, force: true })
  })

  const button = (name, within = page) => within.getByRole('button', { name })
  const tab = (name) => page.getByRole('tab', { name }).click()

  async function identify(source, userId, traits, context = {}) {
    const event = { type: 'identify', userId, traits: { email: `${userId}@mail.example`, ...traits }, context }
    const headers = { authorization: `Basic ${btoa(`${keys[source]}:`)}` }
    const answer = await fetch(`${server.url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify({ batch: [event] }) })
    assert.equal(answer.status, 200)
  }

  // What is saved cannot be saved again.
  async function saveMapping() {
    await button('Save mapping').click()
    await page.locator('button:disabled:not([data-loading])', { hasText: 'Save mapping' }).waitFor()
  }

  async function until(what, holds) {
    for (let look = 0; look < 150; look += 1) {
      if (holds()) return
      await new Promise((later) => { setTimeout(later, 100) })
    }
    assert.fail(`${what}: ${JSON.stringify(hubspot.asked.slice(-3))}`)
  }

  const figure = async (name) => {
    const texts = await page.getByRole('region', { name: /^From / }).locator('dl > div', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd').allInnerTexts()
    return texts.reduce((sum, text) => sum + Number(text.replace(/\D/g, '')), 0)
  }

  test('it is found, connected to two sources, and begins switched off', async () => {
    await page.goto('/destinations/new')
    await page.getByLabel('Find a destination').fill('hubspot')
    await page.getByRole('link', { name: /HubSpot/ }).first().waitFor()
    await page.getByRole('status').getByText(/not, each with the reason/).waitFor()
    await assertSound(page, 'the catalogue, searched')
    await page.getByRole('link', { name: /HubSpot/ }).first().click()
    await page.getByRole('textbox', { name: 'Sources' }).or(page.getByRole('combobox', { name: 'Sources' })).click()
    await page.getByRole('option', { name: 'Our shop' }).click()
    await page.getByRole('option', { name: 'Our app' }).click()
    await page.keyboard.press('Escape')
    await page.getByLabel('Access token').fill(hubspot.token)
    await assertSound(page, 'the form of a destination with a token')
    await button('Add destination').click()
    await page.waitForURL(/tab=mappings/)
    await page.getByText('No mapping is on').waitFor()
    await page.getByText('It is off.').waitFor()
    await assertSound(page, 'a destination without mappings')
  })

  test('a mapping is changed, and its preview follows on an event that came', async () => {
    await identify('shop', 'ann', { first_name: 'Ann', plan: 'pro' })
    await button('Add mapping').click()
    await page.getByRole('menuitem', { name: 'Upsert Contact', exact: true }).click()
    const preview = page.getByRole('region', { name: 'Preview' })
    await preview.getByText('This event starts the action').waitFor()
    await assertSound(page, 'a mapping')
    await button(/more fields?$/).click()
    const other = page.getByRole('group', { name: 'Other properties' })
    await button(/Add a field/, other).click()
    await other.getByLabel('Other properties: name 1').fill('plan')
    await other.getByPlaceholder(/^\$/).fill('$.traits.plan')
    const gets = preview.getByLabel('What the action gets')
    await gets.getByText('"plan"').waitFor()
    assert.match(await gets.innerText(), /"plan": "pro"/)
    await page.getByLabel('Company Name').fill('{{traits.first_name}} & Sons')
    await gets.getByText('"Ann & Sons"').waitFor()
    await assertSound(page, 'a mapping with rows')
    await saveMapping()
  })

  test('a recent event is tried out, with each request and its answer', async () => {
    await button('Try this event out').click()
    const panel = page.getByRole('dialog')
    await panel.getByRole('button', { name: 'Send test event' }).click()
    await panel.getByText(/refused it/).waitFor()
    await panel.getByText(/Property .*plan.* does not exist/).first().waitFor()
    await panel.getByText(/^PATCH https:\/\/api\.hubapi\.com/).waitFor()
    assert.ok(!(await panel.innerText()).includes(hubspot.token), 'the token is blanked')
    hubspot.properties.push('plan')
    await panel.getByRole('button', { name: 'Send again' }).click()
    await panel.getByText(/took it/).waitFor()
    await panel.getByText(/2 requests/).waitFor()
    await panel.getByText(/^POST https:\/\/api\.hubapi\.com/).waitFor()
    await assertSound(page, 'a test with two requests')
    assert.deepEqual(hubspot.contacts.get('ann@mail.example').properties, { email: 'ann@mail.example', firstname: 'Ann', company: 'Ann & Sons', plan: 'pro' })
    hubspot.properties.pop()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'hidden' })
  })

  test('what is refused becomes dead letters of one cause, over both sources', async () => {
    await page.getByRole('switch', { name: /takes events$/ }).click({ force: true })
    await page.getByText('It is off.').waitFor({ state: 'hidden' })
    for (const [source, user] of [['shop', 'bob'], ['shop', 'cid'], ['app', 'dan'], ['app', 'eve']]) {
      await identify(source, user, { first_name: user, plan: 'free' })
    }
    await tab(/^Dead letters \(4\)/)
    const group = page.getByRole('region', { name: 'The peer answered 400.' })
    await group.getByText(/does not exist/).first().waitFor()
    await group.getByText(/from Our (shop|app), Our (shop|app)/).waitFor()
    await button('Show them', group).click()
    await group.getByRole('listitem').nth(3).waitFor()
    assert.equal(await group.getByRole('listitem').count(), 4)
    await button(/^identify · bob$/, group).click()
    await group.getByText(/^PATCH https:\/\/api\.hubapi\.com/).waitFor()
    await assertSound(page, 'dead letters one by one')
  })

  test('with the mapping put right they are sent again: one, a group, all', async () => {
    await page.getByRole('link', { name: 'in the mappings' }).click()
    await button(/^Upsert Contact/).click()
    const other = page.getByRole('group', { name: 'Other properties' })
    await other.getByLabel('Other properties: name 1').fill('plan_name')
    await page.getByLabel('What the action gets').getByText('"plan_name"').waitFor()
    await saveMapping()
    await tab(/^Dead letters/)
    await button('Show them').click()
    await button(/^Send again.*identify · bob$/).click()
    await until('bob is there', () => hubspot.contacts.has('bob@mail.example'))
    await page.getByRole('tab', { name: 'Dead letters (3)' }).waitFor()
    await button('Send these 3 again').click()
    await until('all are there', () => ['cid', 'dan', 'eve'].every((name) => hubspot.contacts.has(`${name}@mail.example`)))
    assert.equal(hubspot.contacts.get('eve@mail.example').properties.plan_name, 'free')
    await page.getByText('No dead letters').waitFor()
  })

  test('refused credentials stop it, it says why, and what came meanwhile goes out once they are mended', async () => {
    hubspot.token = 'pat-eu1-second-token'
    await identify('shop', 'fay', { first_name: 'Fay' })
    await tab('Delivery')
    const stopped = page.getByRole('region', { name: 'Deliveries are stopped' })
    await stopped.getByText(/401.*Authentication credentials not found/).waitFor()
    await identify('shop', 'gus', { first_name: 'Gus' })
    await assertSound(page, 'a destination that is stopped')
    await stopped.getByRole('link', { name: 'settings' }).click()
    await page.getByLabel('Access token').fill(hubspot.token)
    await button('Save').click()
    await stopped.waitFor({ state: 'hidden' })
    await until('fay and gus are there', () => ['fay', 'gus'].every((name) => hubspot.contacts.has(`${name}@mail.example`)))
  })

  test('the account of its connections adds up and says how long it took', async () => {
    const headers = { authorization: `Basic ${btoa(`${keys.shop}:`)}` }
    await fetch(`${server.url}/v1/track`, { method: 'POST', headers, body: JSON.stringify({ userId: 'ann', event: 'Looked Around' }) })
    await tab('Delivery')
    await page.getByText('No mapping that is switched on wants the event.').first().waitFor()
    for (let look = 0; look < 100 && (await figure('Received')) < 8; look += 1) await page.waitForTimeout(100)
    const [received, delivered, filtered, waiting, dead] = await Promise.all(['Received', 'Delivered', 'Filtered', 'Waiting', 'Dead'].map(figure))
    assert.deepEqual({ delivered, filtered, waiting, dead }, { delivered: 6, filtered: 2, waiting: 0, dead: 0 })
    assert.equal(received, 8)
    await page.getByText(/95 of 100 within/).first().waitFor()
    await assertSound(page, 'the account of a connection')
  })

  test('consent and switches are set for each source by itself, and say what they kept back', async () => {
    await tab('Consent and schema')
    const of = (source) => page.getByRole('form', { name: `From Our ${source}` })
    const save = async (source) => {
      await button('Save', of(source)).click()
      await of(source).locator('button:disabled:not([data-loading])', { hasText: 'Save' }).waitFor()
    }
    await of('shop').getByRole('textbox', { name: 'Consent categories' }).or(of('shop').getByRole('combobox', { name: 'Consent categories' })).fill('Advertising')
    await page.keyboard.press('Enter')
    await save('shop')
    await of('app').getByRole('checkbox', { name: 'identify' }).uncheck()
    await save('app')
    await assertSound(page, 'consent and switches')
    await page.reload()
    await of('shop').getByText('Advertising').waitFor()
    assert.equal(await of('app').getByRole('checkbox', { name: 'identify' }).isChecked(), false)
    assert.equal(await of('shop').getByRole('checkbox', { name: 'identify' }).isChecked(), true)
    const consent = (said) => ({ consent: { categoryPreferences: { Advertising: said } } })
    await identify('shop', 'ida', { first_name: 'Ida' }, consent(false))
    await identify('app', 'jon', { first_name: 'Jon' }, consent(true))
    await identify('shop', 'kai', { first_name: 'Kai' }, consent(true))
    await until('kai is there', () => hubspot.contacts.has('kai@mail.example'))
    await tab('Delivery')
    await page.getByRole('region', { name: 'From Our shop' }).getByText(/did not agree to a consent category/).waitFor()
    await page.getByRole('region', { name: 'From Our app' }).getByText(/is switched off for this destination/).waitFor()
    assert.ok(!hubspot.contacts.has('ida@mail.example') && !hubspot.contacts.has('jon@mail.example'))
    await tab('Consent and schema')
    await of('app').getByRole('checkbox', { name: 'identify' }).check()
    await save('app')
  })

  test('it is connected by OAuth: the peer’s no is said in its words, its yes brings a token that works', async () => {
    await tab('Settings')
    const access = page.getByRole('region', { name: 'Access by OAuth' })
    await access.getByText(/\/api\/v1\/oauth\/callback$/).waitFor()
    await access.getByText('Needed first: Client id').waitFor()
    await page.getByLabel('Client id').fill(hubspot.client.id)
    await page.getByLabel('Client secret').fill(hubspot.client.secret)
    await page.getByLabel('Authorization address').fill(`${hubspot.door}/oauth/authorize`)
    await assertSound(page, 'the way to OAuth')
    await button('Save', page.locator('main')).click()
    await button(/^Connect/, access).and(page.locator(':enabled')).click()
    await page.getByRole('link', { name: 'Cancel' }).click()
    await access.getByText('the peer says access_denied: The owner said no').waitFor()
    await assertSound(page, 'a refused connection')
    await button(/^Connect/, access).click()
    await page.getByRole('link', { name: 'Connect app' }).click()
    await access.getByText(/^Connected\. /).waitFor()
    assert.equal(hubspot.token, 'token-by-oauth')
    assert.ok(!(await page.content()).includes(hubspot.token), 'the token is not shown')
    await assertSound(page, 'a destination connected by OAuth')
    await identify('shop', 'lea', { first_name: 'Lea' })
    await until('lea is there', () => hubspot.contacts.has('lea@mail.example'))
  })

  test('a filter is written, previewed on a recent event, and keeps events back', async () => {
    await tab('Filters')
    await button('Add filter').click()
    const panel = page.getByRole('dialog')
    await panel.getByLabel('Title').fill('No tests')
    await panel.getByLabel('Events that match').fill("type = 'identify' and contains(traits.email, '@mail.')")
    await panel.getByRole('combobox', { name: 'Preview on a recent event' }).click()
    await page.getByRole('option', { name: 'identify · gus' }).click()
    await panel.getByText('Not sent').waitFor()
    await assertSound(page, 'the form of a filter')
    await panel.getByLabel('Events that match').fill("type = 'identify' and nothing(")
    await panel.getByText(/^Line 1, column/).waitFor()
    await panel.getByLabel('Events that match').fill("contains(traits.email, '@mail.')")
    await button('Add filter', panel).click()
    await panel.waitFor({ state: 'hidden' })
    await page.getByRole('region', { name: 'No tests' }).waitFor()
    await assertSound(page, 'filters')
    await identify('app', 'hal', { first_name: 'Hal' })
    await tab('Delivery')
    await page.getByText('A filter of the destination drops the event.').first().waitFor()
    assert.ok(!hubspot.contacts.has('hal@mail.example'))
  })
})
