// What people do in the console, in a real browser against the real server. The journeys build on
// one another, as a first day does.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { launch, startReceiver, startServer, watched } from './server.mjs'

const OWNER = { email: 'ada@shop.example', name: 'Ada Owner', password: 'a long enough password' }
const PATIENCE = { timeout: 15_000 }

describe('the console', () => {
  let server, receiver, browser, context, page, writeKey
  let watch, assertSound, broken

  before(async () => {
    ;[server, receiver, browser] = await Promise.all([startServer(), startReceiver(), launch()])
    ;({ watch, assertSound, broken } = watched(server.url))
    context = await person()
    page = await context.newPage()
    watch(page)
  })
  after(async () => {
    await browser?.close()
    receiver?.end()
    await server?.end()
  })

  async function person() {
    const made = await browser.newContext({ baseURL: server.url, viewport: { width: 1440, height: 900 } })
    made.setDefaultTimeout(PATIENCE.timeout)
    await made.grantPermissions(['clipboard-read', 'clipboard-write'])
    return made
  }

  const button = (name, within = page) => within.getByRole('button', { name })
  const link = (name, within = page) => within.getByRole('link', { name, exact: true })
  const heading = (name, within = page) => within.getByRole('heading', { name, level: 1 })

  async function go(place, title) {
    await link(place, page.getByRole('navigation', { name: 'Places' })).click()
    await heading(title).waitFor()
  }

  async function send(...events) {
    const answer = await fetch(`${server.url}/v1/batch`, {
      method: 'POST', headers: { authorization: `Basic ${btoa(`${writeKey}:`)}` }, body: JSON.stringify({ batch: events }),
    })
    assert.equal(answer.status, 200)
  }

  test('the address that the server prints sets it up and opens Home', async () => {
    await page.goto(server.setup)
    await page.getByLabel('Your name').fill(OWNER.name)
    await page.getByLabel('Email').fill(OWNER.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await page.getByLabel('Workspace').fill('First')
    await assertSound(page, 'set-up')
    await button('Create the workspace').click()
    await heading('Is everything that came in where it should be?').waitFor()
    await assertSound(page, 'an empty Home')
  })

  test('a source of one’s own turns green with its first event', async () => {
    const started = Date.now()
    await go('Sources', 'Where do events come from?')
    await link('Create source').first().click()
    await page.getByLabel('Name').fill('My shop')
    await page.getByRole('radio', { name: /^HTTP/ }).check()
    await button('Create source').click()
    await heading('My shop').waitFor()
    await page.getByText(/Waiting for the first event/i).waitFor()
    writeKey = /[A-Za-z0-9]{32}/.exec(await page.locator('main').innerText())?.[0]
    assert.ok(writeKey, 'the code has the write key in it')
    await assertSound(page, 'a new source')
    await send({ type: 'track', event: 'First Event', userId: 'ann', properties: { plan: 'pro' } })
    await page.getByText('First Event').first().waitFor()
    assert.ok(Date.now() - started < 60_000, 'the first event is seen within a minute')
  })

  test('live events show what was refused, and why', async () => {
    await go('Live events', 'What is coming in right now?')
    await send({ type: 'track', event: 'Nobody Did This' }, { type: 'track', event: 'Seen', userId: 'bob', messageId: 'm-1' }, { type: 'track', event: 'Seen', userId: 'bob', messageId: 'm-1' })
    const row = page.getByRole('row').filter({ hasText: 'Nobody Did This' })
    await row.waitFor()
    await page.getByRole('row').filter({ hasText: 'Duplicate' }).first().waitFor()
    await assertSound(page, 'live events')
    await row.click()
    const panel = page.getByRole('dialog')
    await panel.getByText(/No userId or anonymousId/).first().waitFor()
    await panel.getByRole('tab', { name: 'Way' }).click()
    await assertSound(page, 'the way of an event')
    await page.keyboard.press('Escape')
  })

  test('a webhook is connected, tried and switched on, and its receiver gets the events', async () => {
    await go('Destinations', 'Where do events go to?')
    await link(/(Create|Add|New) destination/).first().click()
    await assertSound(page, 'the catalogue')
    await page.getByRole('link', { name: /Webhook/ }).first().click()
    await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url)
    await assertSound(page, 'the form of a destination')
    await page.getByRole('combobox', { name: 'Sources' }).click()
    await page.getByRole('option', { name: 'My shop' }).click()
    await page.keyboard.press('Escape')
    await button('Add destination').click()
    await page.waitForURL(/\/destinations\/(?!new)/)
    const on = page.getByRole('switch').first()
    if (!(await on.isChecked())) await on.click({ force: true })
    await send({ type: 'track', event: 'Delivered One', userId: 'ann' })
    for (let look = 0; look < 100 && !receiver.bodies.some((body) => body.includes('Delivered One')); look += 1) {
      await new Promise((later) => { setTimeout(later, 100) })
    }
    assert.ok(receiver.bodies.some((body) => body.includes('Delivered One')))
    await assertSound(page, 'a destination')
  })

  test('a test event shows the request and the answer, also when it is refused', async () => {
    await button('Send test event').click()
    const panel = page.getByRole('dialog')
    receiver.bodies.length = 0
    await panel.getByRole('button', { name: 'Send test event' }).click()
    await panel.getByText(/took it/).waitFor()
    await panel.getByText(/^POST /).waitFor()
    await assertSound(page, 'a test event')
    assert.match(receiver.bodies.join(), /Test Event/)
    receiver.status = 400
    await panel.getByRole('textbox').fill('{"type": "track", "event": "Mine", "userId": "ann"}')
    await panel.getByRole('button', { name: 'Send again' }).click()
    await panel.getByText(/refused it/).waitFor()
    await panel.getByText(/no such field: revenue/).first().waitFor()
    assert.match(receiver.bodies.join(), /"Mine"/)
    receiver.status = 200
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'hidden' })
  })

  test('a dead letter tells its cause and is sent again', async () => {
    receiver.status = 400
    await send({ type: 'track', event: 'Refused There', userId: 'ann' })
    await page.getByRole('tab', { name: /Dead letters/ }).click()
    await page.getByText(/400/).first().waitFor()
    await assertSound(page, 'dead letters')
    receiver.status = 200
    receiver.bodies.length = 0
    await button(/Send (all )?again/).first().click()
    const confirm = page.getByRole('dialog').getByRole('button', { name: /Send/ })
    if (await confirm.isVisible().catch(() => false)) await confirm.click()
    for (let look = 0; look < 100 && receiver.bodies.length === 0; look += 1) {
      await new Promise((later) => { setTimeout(later, 100) })
    }
    assert.match(receiver.bodies.join(), /Refused There/)
  })

  test('a trend is asked, drawn, opened to its people and saved', async () => {
    await go('Insights', 'What do people do?')
    await button('New insight').first().click()
    await page.getByRole('menuitem', { name: /^Trend/ }).click()
    await button(/Event A: choose an event/).click()
    await page.locator('input[aria-label="Search events"][data-expanded]').fill('First')
    await page.getByRole('option', { name: /First Event/ }).first().click()
    const table = page.getByRole('table').last()
    await table.waitFor()
    await assertSound(page, 'a trend')
    await table.getByRole('button', { name: /^1: .*Show the people/ }).last().click()
    await page.getByRole('dialog').getByText('ann').first().waitFor()
    await assertSound(page, 'the people behind a number')
    await page.keyboard.press('Escape')
    await button('Save').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('First events')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await heading('First events').waitFor()
  })

  test('a funnel counts who came from one step to the next', async () => {
    await send({ type: 'track', event: 'Second Event', userId: 'ann' })
    await go('Insights', 'What do people do?')
    await button('New insight').first().click()
    await page.getByRole('menuitem', { name: /^Funnel/ }).click()
    for (const [at, name] of ['First Event', 'Second Event'].entries()) {
      await button(/choose an event/).first().click()
      await page.locator('input[aria-label="Search events"][data-expanded]').fill(name)
      await page.getByRole('option', { name: new RegExp(name) }).first().click()
      assert.ok(at < 2)
    }
    await page.getByText('100 %').or(page.getByText('100%')).first().waitFor()
    assert.match(page.url(), /Second/, 'the address holds the question')
    await assertSound(page, 'a funnel')
  })

  test('retention says who came back, and opens to them', async () => {
    await go('Insights', 'What do people do?')
    await button('New insight').first().click()
    await page.getByRole('menuitem', { name: /^Retention/ }).click()
    const table = page.getByRole('table', { name: 'Retention by cohort' })
    await table.waitFor()
    await page.locator('[data-chart][data-drawn]').waitFor()
    await assertSound(page, 'retention')
    await table.getByRole('button', { name: /people\. Show them|person\. Show them/ }).first().click()
    const panel = page.getByRole('dialog')
    await panel.getByText('ann').first().waitFor()
    await panel.getByText('Explain this number').click()
    await panel.getByText(/all events below offset/).waitFor()
    await assertSound(page, 'an explained number')
    await page.keyboard.press('Escape')
  })

  test('a usual question is asked by one click', async () => {
    await go('Insights', 'What do people do?')
    await page.getByRole('link', { name: /How many people are active each day/ }).click()
    await heading('What do you want to know?').waitFor()
    await page.getByRole('table').last().waitFor()
  })

  test('a cohort shows its size while it is built, its people, and counts in a question', async () => {
    await go('Cohorts', 'Who belongs together?')
    await assertSound(page, 'no cohorts')
    await link('New cohort').first().click()
    await heading('Who belongs to it?').waitFor()
    await button(/Condition 1: choose an event/).click()
    await page.locator('input[aria-label="Search events"][data-expanded]').fill('Second')
    await page.getByRole('option', { name: /Second Event/ }).first().click()
    await page.getByText('1 person now').waitFor()
    await assertSound(page, 'a new cohort')
    await page.getByLabel('Name', { exact: true }).fill('Came far')
    await button('Save').click()
    await heading('Came far').waitFor()
    await page.getByRole('table', { name: 'People of the cohort' }).getByText('ann').first().waitFor()
    await assertSound(page, 'a cohort')
    await link('Ask a question about them').click()
    await page.getByRole('region', { name: 'Question' }).getByText('Came far').waitFor()
    const table = page.getByRole('table').last()
    await table.getByRole('button', { name: /^1: .*Show the people/ }).last().click()
    const panel = page.getByRole('dialog')
    await panel.getByText('ann').first().waitFor()
    await panel.getByRole('button', { name: 'Save as cohort' }).click()
    await page.getByLabel('Name', { exact: true }).fill('As they were')
    await page.getByRole('button', { name: 'Save these people' }).click()
    await heading('As they were').waitFor()
    await page.getByLabel('User ids').fill('nobody-has-this')
    await button('Add 1 person').click()
    await page.getByRole('status').getByText(/1 id is not known/).waitFor()
    await assertSound(page, 'a list')
  })

  test('a saved insight stands on the dashboard', async () => {
    await link('Dashboards', page.getByRole('navigation', { name: 'Places' })).click()
    await page.locator('main h1').waitFor()
    await button(/Add insight/).first().click()
    await page.getByRole('option', { name: /First events/ }).or(page.getByRole('menuitem', { name: /First events/ })).first().click()
    await page.locator('main').getByText('First events').first().waitFor()
    await page.getByRole('menu').waitFor({ state: 'hidden' })
    await assertSound(page, 'a dashboard')
  })

  test('a dashboard has a text, and filters for all its insights', async () => {
    await button(/Add insight/).first().click()
    await page.getByRole('menuitem', { name: 'A text' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('# What we watch\n\nEvery **morning**.')
    await dialog.getByRole('button', { name: 'Add text' }).click()
    await page.getByRole('heading', { name: 'What we watch' }).waitFor()
    await button(/Filter all/).click()
    await page.getByRole('combobox').or(page.getByRole('searchbox')).or(page.getByLabel('Search properties')).first().fill('plan')
    await page.getByRole('option', { name: /^plan/ }).first().click()
    await page.getByRole('combobox', { name: 'Values' }).fill('nobody has this')
    await page.keyboard.press('Enter')
    await button('Apply').click()
    await page.getByText('Nobody did this in the range').first().waitFor()
    await assertSound(page, 'a filtered dashboard')
    await page.reload()
    await page.getByText('Nobody did this in the range').first().waitFor()
    await button(/^Take off: plan/).click()
    await page.getByText('Nobody did this in the range').first().waitFor({ state: 'hidden' })
  })

  test('a person is found by an id and shows what they did', async () => {
    await send({ type: 'identify', userId: 'ann', traits: { email: 'ann@mail.example', plan: 'pro' } })
    await go('People', 'Who are they?')
    await page.getByLabel('Search by any id or trait').fill('ann@mail.example')
    await page.getByRole('row').filter({ hasText: 'ann@mail.example' }).click()
    await page.getByText('First Event').first().waitFor()
    await page.getByText('ann@mail.example').first().waitFor()
    await assertSound(page, 'a person')
  })

  test('an invited viewer joins, reads, and is offered nothing to change', async () => {
    await page.goto('/settings?tab=users')
    await button('Invite user').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Email').fill('vera@shop.example')
    await dialog.getByRole('combobox', { name: 'Role' }).click()
    await page.getByRole('option', { name: /^Viewer/ }).click()
    await dialog.getByRole('button', { name: 'Make invitation' }).click()
    const url = await dialog.getByText(/\/invite\?code=/).innerText()
    await assertSound(page, 'users')
    const guest = await person()
    const theirs = await guest.newPage()
    watch(theirs)
    await theirs.goto(url)
    await theirs.getByLabel('Your name').fill('Vera Viewer')
    await theirs.getByRole('textbox', { name: 'Choose a password' }).fill('another long password')
    await assertSound(theirs, 'an invitation')
    await theirs.getByRole('button', { name: /Join|Accept/ }).click()
    await heading('Is everything that came in where it should be?', theirs).waitFor()
    await theirs.goto('/sources')
    await heading('Where do events come from?', theirs).waitFor()
    assert.equal(await theirs.getByRole('link', { name: 'Create source' }).count(), 0)
    await guest.close()
  })

  test('a person sees where they are signed in and ends the other sessions', async () => {
    const elsewhere = await person()
    const theirs = await elsewhere.newPage()
    await theirs.goto('/sign-in')
    await theirs.getByLabel('Email').fill(OWNER.email)
    await theirs.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await theirs.getByRole('button', { name: 'Sign in' }).click()
    await heading('Is everything that came in where it should be?', theirs).waitFor()
    await page.goto('/settings?tab=account')
    const rows = page.getByRole('table', { name: 'Sessions' }).getByRole('row')
    await rows.nth(2).waitFor()
    assert.match(await rows.nth(1).innerText(), /Chrome on Linux/)
    await assertSound(page, 'sessions')
    await button('End all others').click()
    await page.getByRole('dialog').getByRole('button', { name: 'End sessions' }).click()
    await rows.nth(2).waitFor({ state: 'detached' })
    await theirs.reload()
    await theirs.getByRole('button', { name: 'Sign in' }).waitFor()
    await elsewhere.close()
  })

  test('a second workspace is made, is empty, and one switches back', async () => {
    await page.goto('/workspaces/new')
    await page.getByLabel('Name').fill('Second')
    await button(/Create workspace/).click()
    await button(/Workspace Second/).waitFor()
    await go('Sources', 'Where do events come from?')
    assert.equal(await page.getByText('My shop').count(), 0)
    await button(/Workspace Second/).click()
    await page.getByRole('menuitem').filter({ hasNotText: /Second|New/ }).first().click()
    await page.getByText('My shop').first().waitFor()
  })

  test('the palette goes anywhere by the keyboard alone', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('live')
    await page.keyboard.press('Enter')
    await heading('What is coming in right now?').waitFor()
    assert.deepEqual(broken, [])
  })
})
