// Stock Node SDKs against the real server.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { assertArrived } from './fields.mjs'
import { Relay } from './relay.mjs'
import { Server } from './server.mjs'

const require = createRequire(join(process.env.SLUICE_SDKS, 'package.json'))
const { Analytics } = require('@segment/analytics-node')
const OldAnalytics = require('analytics-node')

// One call of each kind, with values of every JSON type.
const CALLS = [
  ['identify', { userId: 'ann', traits: { email: 'ann@example.org', age: 42, vip: true, address: { city: 'Bergen' } } }],
  ['track', { userId: 'ann', event: 'Order Completed', properties: {
    order_id: 'o-1', revenue: 39.95, big: 9007199254740991, tags: ['a', 'b'], none: null, text: 'æøå \u{1F600} "quoted"',
  } }],
  ['track', { anonymousId: 'device-1', event: 'Signup Started', properties: {} }],
  ['page', { userId: 'ann', name: 'Docs', category: 'Help', properties: { path: '/docs', title: 'Docs' } }],
  ['screen', { anonymousId: 'device-1', name: 'Home', properties: { tab: 2 } }],
  ['group', { userId: 'ann', groupId: 'acme', traits: { name: 'Acme', employees: 12, plan: null } }],
  ['alias', { userId: 'ann', previousId: 'device-1' }],
  ['track', {
    userId: 'ann', event: 'With Extras', timestamp: new Date('2026-03-01T10:00:00.123Z'), properties: { a: { b: [1, { c: false }] } },
    context: { ip: '203.0.113.7', locale: 'nb-NO', traits: { plan: 'pro' } }, integrations: { All: false, Webhook: true },
  }],
]

// How to use each SDK: make a client, make a call and give the message it queues, flush.
const SDKS = {
  '@segment/analytics-node': {
    create: (writeKey, host) => new Analytics({ writeKey, host, flushAt: 4, flushInterval: 100 }),
    call: (client, kind, message) => new Promise((resolve, reject) => {
      client[kind](message, (error, context) => (error ? reject(error) : resolve(context.event)))
    }),
    flush: (client) => client.flush(),
  },
  'analytics-node': {
    create: (writeKey, host) => new OldAnalytics(writeKey, { host, flushAt: 4, flushInterval: 100, retryCount: 10 }),
    call: (client, kind, message) => new Promise((resolve, reject) => {
      const messageId = `old-${kind}-${crypto.randomUUID()}`
      client[kind]({ ...message, messageId }, (error, data) => {
        if (error) reject(error)
        else resolve(data.batch.find((queued) => queued.messageId === messageId))
      })
    }),
    flush: (client) => client.flush(),
  },
}

for (const [name, sdk] of Object.entries(SDKS)) {
  describe(name, () => {
    let server
    let relay
    before(async () => {
      server = await Server.start()
      relay = await Relay.start(server)
    })
    after(async () => {
      await relay?.end()
      await server?.end()
    })

    test('every kind of call arrives once, field for field', async () => {
      const source = await server.createSource('kinds')
      const client = sdk.create(source.writeKey, server.url)
      const sent = Promise.all(CALLS.map(([kind, message]) => sdk.call(client, kind, message)))
      await sdk.flush(client)
      for (const message of await sent) {
        assertArrived(message, await server.event(source.id, message.messageId), source.id)
      }
      await assertCounts(server, source.id, { received: CALLS.length, accepted: CALLS.length, duplicate: 0 })
    })

    test('calls made while the server is stopped arrive once when it is back', async () => {
      const source = await server.createSource('restart')
      const client = sdk.create(source.writeKey, relay.url)
      const first = sdk.call(client, 'track', { userId: 'bob', event: 'Before' })
      await sdk.flush(client)
      const kept = await server.event(source.id, (await first).messageId)
      assert.equal(await server.stop(), 0, 'a stop ends with 0')

      const refused = once(relay, 'refused')
      const second = sdk.call(client, 'track', { userId: 'bob', event: 'Meanwhile', properties: { n: 1 } })
      const flushed = sdk.flush(client)
      await refused
      await server.startAgain()
      await flushed
      const message = await second
      assertArrived(message, await server.event(source.id, message.messageId), source.id)
      assert.deepEqual(await server.event(source.id, kept.messageId), kept, 'the first is still there')
      await assertCounts(server, source.id, { received: 2, accepted: 2, duplicate: 0 })
    })

    test('a call whose answer was lost is sent again and counts once', async () => {
      const source = await server.createSource('lost-answer')
      const client = sdk.create(source.writeKey, relay.url)
      const lost = once(relay, 'lost')
      relay.loseNextAnswer()
      const call = sdk.call(client, 'track', { userId: 'bob', event: 'Twice on the wire' })
      await Promise.all([lost, sdk.flush(client)])
      const message = await call
      assertArrived(message, await server.event(source.id, message.messageId), source.id)
      await assertCounts(server, source.id, { received: 2, accepted: 1, duplicate: 1 })
    })
  })
}

async function assertCounts(server, sourceId, expected) {
  const { received, accepted, duplicate, refused } = await server.account(sourceId, expected.received)
  assert.deepEqual({ received, accepted, duplicate, refused }, { ...expected, refused: {} })
}
