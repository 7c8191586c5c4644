// Amplitude in device mode: which pages send, and as whom. What becomes of each call is in
// device-calls.test.mjs.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { until } from '../node/server.mjs'
import { Stage } from './device.mjs'

const stage = Stage.set()

describe('the settings', () => {
  test('tell the plugin and the public settings, in the shape that the SDK reads, and no secret', async () => {
    await stage.come({ traitsToIncrement: ['visits'] })
    const settings = await (await fetch(`${stage.server.url}/v1/projects/${stage.source.writeKey}/settings`)).json()
    const [plugin] = settings.remotePlugins
    assert.deepEqual([plugin.name, plugin.creationName, plugin.libraryName], ['Amplitude', 'Amplitude', 'sluiceAmplitude'])
    assert.ok(plugin.url.startsWith(`${stage.server.url}/analytics-next/bundles/amplitude.bundle.`))
    const amplitude = settings.integrations.Amplitude
    assert.equal(amplitude.apiKey, stage.project.writeKey)
    assert.deepEqual(amplitude.traitsToIncrement, ['visits'])
    assert.deepEqual([amplitude.useLogRevenueV2, amplitude.bundlingStatus], [true, 'bundled'])
    for (const key of ['secretKey', 'retryWindowHours', 'connectionMode']) assert.ok(!(key in amplitude), key)
    assert.deepEqual(settings.integrations['Segment.io'].maybeBundledConfigIds.Amplitude, [stage.destination.connections[0].id])
  })

  test('in cloud mode the page loads nothing of Amplitude', async () => {
    await stage.come({ connectionMode: 'cloud' })
    await until('the page call', async () => stage.visitor.posts(/^\/v1\/p$/)[0])
    assert.equal(await stage.inPage(() => window.amplitude), undefined)
    assert.ok(!stage.visitor.requests.some((request) => request.url().includes('/amplitude.bundle.')))
  })
})

describe('who sends', () => {
  test('the page does, the event says so, and the server leaves it alone', async () => {
    await stage.come({ trackAllPages: true })
    await stage.inPage(() => analytics.track('Signed Up', { plan: 'pro' }))
    const [page, signed] = await stage.events(2)
    assert.deepEqual([page.event_type, signed.event_type], ['Loaded a Page', 'Signed Up'])
    assert.equal(signed.event_properties.plan, 'pro')
    const [post] = await until('the call', async () => stage.visitor.posts(/^\/v1\/t$/).length ? stage.visitor.posts(/^\/v1\/t$/) : undefined)
    assert.ok(post.body._metadata.bundled.includes('Amplitude'))
    assert.deepEqual(post.body._metadata.bundledIds, [stage.destination.connections[0].id])
    assert.deepEqual(await stage.leftAlone(2), { filtered: { MESSAGE_SENT_CLIENT_SIDE: 2 }, delivered: 0 })
    assert.equal(signed.insert_id, post.body.messageId, 'sent both ways, it would count once')
    const account = await stage.server.account(stage.project.id, stage.posted().length)
    assert.equal(account.accepted, account.received, JSON.stringify(account))
  })

  test('a switched off destination and one that the page left out get nothing', async () => {
    await stage.come({}, { options: { integrations: { Amplitude: false } } })
    await stage.inPage(() => analytics.track('Signed Up'))
    assert.deepEqual(await stage.leftAlone(2), { filtered: { FILTERED_BY_INTEGRATIONS_OBJECT: 2 }, delivered: 0 })
    assert.deepEqual(stage.posted(), [])
  })

  test('an event that leaves Amplitude out is not sent, the next one is', async () => {
    await stage.come()
    await stage.inPage(() => {
      analytics.track('Quiet', {}, { integrations: { Amplitude: false } })
      analytics.track('Loud')
    })
    assert.deepEqual((await stage.events(1)).map((event) => event.event_type), ['Loud'])
  })

  test('the destination’s filters hold on the page, too', async () => {
    await stage.come()
    await stage.filter("event = 'Secret'", { type: 'DROP' })
    await stage.filter("type = 'track'", { type: 'DROP_PROPERTIES', fields: { properties: ['card'] } })
    // With a route the browser asks again instead of taking the settings from its cache.
    await stage.visitor.page.route('**/settings', (route) => route.continue())
    await stage.visitor.page.reload()
    await stage.visitor.ready()
    await stage.inPage(() => {
      analytics.track('Secret', { plan: 'pro' })
      analytics.track('Paid', { card: '4111', plan: 'pro' })
    })
    const [paid] = await stage.events(1)
    assert.deepEqual([paid.event_type, paid.event_properties], ['Paid', { plan: 'pro' }])
  })

  test('a filter that a page cannot apply leaves sending to the server', async () => {
    await stage.come()
    await stage.filter('length(event) = 3', { type: 'DROP' })
    const settings = await (await fetch(`${stage.server.url}/v1/projects/${stage.source.writeKey}/settings`)).json()
    assert.deepEqual([settings.remotePlugins, settings.integrations.Amplitude], [[], undefined])
  })

  test('events of a server library go on from the server', async () => {
    await stage.come()
    await stage.server.send(stage.source.writeKey, 'track', { userId: 'ann', event: 'Renewed', messageId: `renewed-${stage.number}` })
    await until('the delivery', async () => (await stage.leftAlone(1)).delivered === 1 ? true : undefined)
  })
})

describe('page', () => {
  const names = async (settings, ...call) => {
    await stage.come(settings)
    await stage.inPage((call) => analytics.page(...call), call)
    return (await stage.events(2)).map((event) => event.event_type)
  }

  test('is not sent by default', async () => {
    await stage.come()
    await stage.inPage(() => { analytics.page('Merchant', 'Settings'); analytics.track('Next') })
    assert.deepEqual((await stage.events(1)).map((event) => event.event_type), ['Next'])
  })

  test('each of the three settings makes its event, in order', async () => {
    const all = { trackAllPages: true, trackCategorizedPages: true, trackNamedPages: true }
    const found = await names(all, 'Merchant', 'Settings')
    const three = (await stage.events(4)).slice(1)
    assert.deepEqual(found[0], 'Loaded a Page')
    assert.deepEqual(three.map((event) => event.event_type), ['Loaded a Page', 'Loaded Merchant Page', 'Loaded Merchant Settings Page'])
    assert.deepEqual(three.map(({ event_properties: { name, category } }) => [name, category]), Array(3).fill(['Settings', 'Merchant']))
    assert.equal(new Set(three.map((event) => event.insert_id)).size, 3)
  })

  test('has the names of the published browser code, if that is chosen', async () => {
    const found = await names({ trackNamedPages: true, trackCategorizedPages: true, pageNaming: 'classic_code' }, 'Merchant', 'Settings')
    assert.deepEqual(found, ['Viewed Merchant Page', 'Viewed Merchant Settings Page'])
  })
})

describe('the device id', () => {
  test('is generated by Amplitude, and stays on the next page', async () => {
    await stage.come()
    const first = await stage.deviceId()
    assert.match(first, /^[0-9a-f-]{36}$/)
    assert.notEqual(first, await stage.inPage(() => analytics.user().anonymousId()))
    await stage.visitor.page.goto(stage.shop.url('/next'))
    await stage.visitor.ready()
    assert.equal(await stage.deviceId(), first)
  })

  test('the snippet of Segment’s page reads it, and sent from a server it gives one user', async () => {
    await stage.come()
    const logged = []
    stage.visitor.page.on('console', (message) => logged.push(message.text()))
    await stage.visitor.page.addScriptTag({ content: `analytics.ready(function() {
      // Instead of console.log(...), you probably want to do upload_to_server(...)
      // or something to that effect.
      console.log(amplitude.getInstance().options.deviceId);
    });` })
    const [id] = await until('the id', async () => logged.length ? logged : undefined)
    await stage.inPage(() => analytics.track('Browsed'))
    assert.equal((await stage.events(1))[0].device_id, id)
    await stage.server.send(stage.source.writeKey, 'track', {
      userId: `ann-${stage.number}`, event: 'Paid', messageId: `paid-${stage.number}`, context: { device: { id } },
    })
    const names = await until('both events of one person', async () => {
      const found = (await stage.server.eventsOf(`ann-${stage.number}`, stage.project.id)).map((event) => event.name)
      return found.includes('Paid') && found.includes('Browsed') ? found : undefined
    })
    assert.ok(names.length >= 2)
  })

  test('is not taken from the address by itself', async () => {
    await stage.come({}, { path: '/?amp_device_id=other-site&deviceId=somebody' })
    assert.match(await stage.deviceId(), /^[0-9a-f-]{36}$/)
  })

  test('is taken from the address where that is allowed', async () => {
    await stage.come({ deviceIdFromUrlParam: true }, { path: '/?amp_device_id=other-site' })
    assert.equal(await stage.deviceId(), 'other-site')
  })

  test('is the anonymous id if that is preferred, before the address', async () => {
    await stage.come({ preferAnonymousIdForDeviceId: true, deviceIdFromUrlParam: true }, { path: '/?amp_device_id=other-site' })
    const anonymous = await stage.inPage(() => analytics.user().anonymousId())
    assert.equal(await stage.deviceId(), anonymous)
    await stage.inPage(() => { analytics.setAnonymousId('another'); analytics.track('Browsed') })
    assert.equal((await stage.events(1))[0].device_id, 'another')
  })

  test('reset logs out and makes another; what was called before it stays with the former', async () => {
    await stage.come()
    const before = await stage.deviceId()
    await stage.inPage(async () => {
      await analytics.identify('ann')
      analytics.track('Left')
      analytics.reset()
      await analytics.track('Came back')
    })
    const [left, back] = await stage.events(2)
    assert.deepEqual([left.event_type, left.user_id, left.device_id], ['Left', 'ann', before])
    assert.equal(back.event_type, 'Came back')
    assert.ok(!back.user_id, 'nobody is logged in')
    assert.notEqual(back.device_id, before)
    assert.equal(back.device_id, await stage.deviceId())
  })

  test('reset with a preferred anonymous id takes the new one', async () => {
    await stage.come({ preferAnonymousIdForDeviceId: true })
    await stage.inPage(async () => { analytics.reset(); await analytics.track('Came back') })
    assert.equal((await stage.events(1))[0].device_id, await stage.inPage(() => analytics.user().anonymousId()))
  })
})

describe('sessions', () => {
  test('events have the SDK’s session; its start and end are events if that is wanted', async () => {
    await stage.come({ trackSessionEvents: true })
    await stage.inPage(() => analytics.track('Browsed'))
    const [start, browsed] = await stage.events(2)
    assert.equal(start.event_type, 'session_start')
    assert.equal(typeof browsed.session_id, 'number')
    assert.equal(browsed.session_id, start.session_id)
  })

  test('an event out of session has −1 and does not begin or prolong one', async () => {
    await stage.come()
    await stage.inPage(() => {
      analytics.track('Pushed', {}, { integrations: { Amplitude: { outOfSession: true } } })
      analytics.track('Browsed')
    })
    const [pushed, browsed] = await stage.events(2)
    assert.equal(pushed.session_id, -1)
    assert.equal(browsed.session_id, await stage.inPage(() => window.amplitude.getInstance().getSessionId()))
  })
})
