// Amplitude's stock Node SDK against the real server, with only its server URL changed.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { Faulty } from './faulty.mjs'
import { Server, until } from './server.mjs'

const require = createRequire(join(process.env.SLUICE_SDKS, 'package.json'))
const { createInstance, Identify, Revenue, Types } = require('@amplitude/analytics-node')

const messageId = ({ insert_id: insertId, device_id: device, user_id: user }) => `${insertId}@${device ?? user}`

describe('@amplitude/analytics-node', () => {
  let server
  const ends = []
  before(async () => { server = await Server.start() })
  after(async () => {
    ends.forEach((end) => end())
    await server?.end()
  })

  async function client(key, url, options = {}) {
    const made = createInstance()
    await made.init(key, {
      serverUrl: `${url}/2/httpapi`, flushIntervalMillis: 50, flushQueueSize: 200, logLevel: Types.LogLevel.None, ...options,
    }).promise
    return made
  }

  async function faulty(...answers) {
    const made = await Faulty.start(server, answers)
    ends.push(() => made.end())
    return made
  }

  async function assertCounts(sourceId, expected) {
    const { received, accepted, duplicate, refused } = await server.account(sourceId, expected.received)
    assert.deepEqual({ received, accepted, duplicate, refused }, { ...expected, refused: {} })
  }

  test('every kind of call arrives once, as the call of Segment that it means', async () => {
    const source = await server.createSource('amplitude')
    const amplitude = await client(source.writeKey, server.url)
    const who = { user_id: 'ann-1', device_id: 'device-1' }
    const calls = [
      amplitude.track('Order Completed', { total: 39.95, tags: ['a', null], text: 'æøå \u{1F600} "quoted"' }, { ...who, session_id: 1772366400000 }),
      amplitude.identify(new Identify().set('plan', 'pro').setOnce('first_plan', 'free').add('visits', 1).append('pages', 'home'), who),
      amplitude.identify(new Identify().setOnce('first_plan', 'pro').add('visits', 2).append('pages', 'docs').unset('gone'), who),
      amplitude.revenue(new Revenue().setProductId('kettle').setPrice(79).setQuantity(2), who),
      amplitude.setGroup('company', 'acme', who),
      amplitude.groupIdentify('company', 'acme', new Identify().set('size', 12), who),
    ]
    amplitude.flush()
    const sent = await Promise.all(calls.map(async (call) => {
      const result = await call.promise
      assert.equal(result.code, 200, result.message)
      return result.event
    }))
    await assertCounts(source.id, { received: 6, accepted: 6, duplicate: 0 })

    const [order, , , revenue, , group] = await Promise.all(sent.map((event) => server.event(source.id, messageId(event))))
    assert.equal(order.event, 'Order Completed')
    assert.deepEqual(order.properties, { total: 39.95, tags: ['a', null], text: 'æøå \u{1F600} "quoted"' })
    assert.deepEqual([order.userId, order.anonymousId], ['ann-1', 'device-1'])
    assert.equal(Date.parse(order.timestamp), sent[0].time)
    assert.equal(order.integrations['Actions Amplitude'].session_id, 1772366400000)
    assert.match(order.context.library.name, /amplitude/)
    assert.deepEqual([revenue.event, revenue.properties.revenue, revenue.properties.$productId], ['[Amplitude] Revenue', 158, 'kettle'])
    assert.deepEqual([group.type, group.groupId, group.context.groupType, group.traits], ['group', 'acme', 'company', { size: 12 }])

    const traits = await until('traits', async () => {
      const found = await server.api('GET', '/people?externalId=user_id:ann-1')
      const id = found.body.data?.people[0]?.id
      const person = id && await server.api('GET', `/people/${id}`)
      return person?.body.data.person.traits.visits === 3 ? person.body.data.person.traits : undefined
    })
    const { company, ...rest } = traits
    assert.deepEqual(rest, { plan: 'pro', first_plan: 'free', visits: 3, pages: ['home', 'docs'] })
    assert.equal(company, 'acme')
  })

  test('an answer that was lost, a server in trouble, a busy one: what was sent counts once', async () => {
    const source = await server.createSource('amplitude-faults')
    const relay = await faulty({ status: 500 }, { status: 503, instead: true }, {
      status: 429, instead: true, body: { error: 'Too many requests for some devices and users', throttled_users: {}, throttled_devices: {}, throttled_events: [] },
    })
    const amplitude = await client(source.writeKey, relay.url, { flushMaxRetries: 8 })
    const results = await Promise.all(['one', 'two', 'three'].map((name) => amplitude.track(name, {}, { user_id: 'bob-1' }).promise))
    assert.deepEqual(results.map((result) => result.code), [200, 200, 200])
    assert.ok(relay.seen.length >= 4)
    await assertCounts(source.id, { received: 6, accepted: 3, duplicate: 3 })
  })

  test('a request that is too large is sent in halves', async () => {
    const source = await server.createSource('amplitude-halves')
    const relay = await faulty({ status: 413, instead: true, body: { error: 'Payload too large' } })
    const amplitude = await client(source.writeKey, relay.url)
    const results = await Promise.all([1, 2, 3, 4].map((n) => amplitude.track(`event ${n}`, {}, { user_id: 'bob-1' }).promise))
    assert.ok(results.every((result) => result.code === 200))
    await assertCounts(source.id, { received: 4, accepted: 4, duplicate: 0 })
  })

  test('bad events are named, dropped by the SDK, and the rest arrives', async () => {
    const source = await server.createSource('amplitude-bad')
    const relay = await faulty()
    const amplitude = await client(source.writeKey, relay.url)
    const results = await Promise.all([
      amplitude.track('good', {}, { user_id: 'bob-1' }).promise,
      amplitude.track('nobody', {}, { user_id: 'undefined' }).promise,
      amplitude.track('good too', {}, { user_id: 'bob-2' }).promise,
      amplitude.track('text for a price', {}, { user_id: 'bob-3', price: 'ten' }).promise,
    ])
    assert.deepEqual(results.map((result) => result.code), [200, 400, 200, 400])
    await assertCounts(source.id, { received: 2, accepted: 2, duplicate: 0 })
  })

  test('an unknown API key makes the SDK give up at once', async () => {
    const relay = await faulty()
    const amplitude = await client('0123456789abcdef0123456789abcdef', relay.url)
    const result = await amplitude.track('lost', {}, { user_id: 'bob-1' }).promise
    assert.equal(result.code, 400)
    assert.match(result.message, /^Invalid API key/)
    assert.deepEqual(relay.seen, [1])
  })
})
