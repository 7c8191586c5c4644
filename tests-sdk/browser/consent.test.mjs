// What a visitor agreed to, and which events are switched off, where the page itself sends to a
// destination: with Segment's own consent library on the page, and without one.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'

import { until } from '../node/server.mjs'
import { Stage } from './device.mjs'

const stage = Stage.set()
const AGREED = { Advertising: true, Analytics: true }
const REFUSED = { Advertising: false, Analytics: true }
let library

before(async () => {
  const tools = process.env.SLUICE_BROWSER_TOOLS
  const { build } = createRequire(join(tools, 'package.json'))('esbuild')
  const stdin = { contents: 'export * from "@segment/analytics-consent-tools"', resolveDir: tools }
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'iife', globalName: 'consentTools' })
  library = outputFiles[0].text.replaceAll('</script', '<\\/script')
})

// The page of a consent manager: `window.agreed` is what the visitor agreed to.
function managed(agreed, consentModel) {
  return (head) => {
    const wrap = `window.agreed = ${JSON.stringify(agreed)}
      const withConsent = consentTools.createWrapper({
        shouldLoadSegment: (context) => context.load({ consentModel: '${consentModel}' }),
        getCategories: () => window.agreed,
        registerOnConsentChanged: (tell) => { window.decide = (agreed) => { window.agreed = agreed; tell(agreed) } },
      })`
    const wrapped = head.replace('analytics.load("', 'withConsent(analytics).load("')
    assert.notEqual(wrapped, head)
    return `<script>${library}\n${wrap}</script>${wrapped}`
  }
}

const asks = (consentCategories) => ({ consentCategories })

function tracked(name) {
  return until(`the call ${name}`, async () => stage.visitor.posts(/^\/v1\/t$/).find(({ body }) => body.event === name)?.body)
}

describe('with Segment’s consent library', () => {
  test('who agreed is sent from the page, and the event says what to', async () => {
    await stage.come({}, { routing: asks(['Advertising']), prepare: managed(AGREED, 'opt-in') })
    await stage.inPage(() => analytics.track('Signed Up'))
    const [signed] = await stage.events(1)
    assert.equal(signed.event_type, 'Signed Up')
    const { context } = await tracked('Signed Up')
    assert.deepEqual(context.consent.categoryPreferences, AGREED)
    assert.deepEqual(await stage.leftAlone(2), { filtered: { MESSAGE_SENT_CLIENT_SIDE: 2 }, delivered: 0 })
  })

  for (const model of ['opt-in', 'opt-out']) {
    test(`who refused is not sent, neither from the page nor from the server: ${model}`, async () => {
      await stage.come({}, { routing: asks(['Advertising']), prepare: managed(REFUSED, model) })
      await stage.inPage(() => analytics.track('Signed Up'))
      assert.deepEqual(await stage.leftAlone(2), { filtered: { FILTERED_BY_END_USER_CONSENT: 2 }, delivered: 0 })
      assert.deepEqual(stage.posted(), [])
    })
  }

  test('who refuses later is not sent from then on', async () => {
    await stage.come({}, { routing: asks(['Advertising']), prepare: managed(AGREED, 'opt-out') })
    await stage.inPage(() => analytics.track('Before'))
    await stage.events(1)
    await stage.inPage((refused) => { window.decide(refused); analytics.track('After') }, REFUSED)
    await tracked('After')
    await stage.leftAlone(4)
    assert.deepEqual(stage.posted().map((event) => event.event_type).filter((name) => name === 'After'), [])
  })

  test('who agreed to nothing is still counted here, as no destination of a page', async () => {
    const nothing = { Advertising: false, Analytics: false }
    await stage.come({ connectionMode: 'cloud' }, { routing: asks(['Advertising']), prepare: managed(nothing, 'opt-in') })
    await stage.inPage(() => analytics.track('Signed Up'))
    const { context } = await tracked('Signed Up')
    assert.deepEqual(context.consent.categoryPreferences, nothing)
    assert.deepEqual(await stage.leftAlone(2), { filtered: { FILTERED_BY_END_USER_CONSENT: 2 }, delivered: 0 })
  })
})

describe('without a consent library', () => {
  test('what the page says of an event holds for it, and without a word it goes', async () => {
    await stage.come({}, { routing: asks(['Advertising', 'Analytics']) })
    await stage.inPage(() => {
      const consent = (categoryPreferences) => ({ context: { consent: { categoryPreferences } } })
      analytics.track('Refused', {}, consent({ Advertising: false, Analytics: true }))
      analytics.track('Partly', {}, consent({ Analytics: true }))
      analytics.track('Agreed', {}, consent({ Advertising: true, Analytics: true }))
      analytics.track('Silent')
    })
    assert.deepEqual((await stage.events(2)).map((event) => event.event_type), ['Agreed', 'Silent'])
    assert.deepEqual(await stage.leftAlone(5), { filtered: { FILTERED_BY_END_USER_CONSENT: 2, MESSAGE_SENT_CLIENT_SIDE: 3 }, delivered: 0 })
  })

  test('a category that the page’s rules have no word for leaves sending to the server', async () => {
    await stage.come({}, { routing: asks(['a.b']) })
    const settings = await (await fetch(`${stage.server.url}/v1/projects/${stage.source.writeKey}/settings`)).json()
    assert.deepEqual([settings.remotePlugins, settings.consentSettings.allCategories], [[], ['a.b']])
  })
})

describe('schema switches', () => {
  test('hold on the page, and say so', async () => {
    await stage.come({}, { routing: { schema: { calls: { page: false }, events: { Scrolled: false } } } })
    await stage.inPage(() => {
      analytics.track('Scrolled')
      analytics.track('Scrolled', { wanted: true }, { integrations: { Amplitude: true } })
      analytics.track('Paid')
    })
    const found = (await stage.events(2)).map((event) => [event.event_type, event.event_properties.wanted])
    assert.deepEqual(found, [['Scrolled', true], ['Paid', undefined]])
    assert.deepEqual(await stage.leftAlone(4), { filtered: { FILTERED_BY_SCHEMA: 2, MESSAGE_SENT_CLIENT_SIDE: 2 }, delivered: 0 })
  })

  test('of all tracks leave those that are switched on by name', async () => {
    await stage.come({}, { routing: { schema: { calls: { track: false }, events: { Paid: true } } } })
    await stage.inPage(() => { analytics.track('Other'); analytics.track('Paid') })
    assert.deepEqual((await stage.events(1)).map((event) => event.event_type), ['Paid'])
    assert.equal((await stage.leftAlone(3)).filtered.FILTERED_BY_SCHEMA, 1)
  })
})
