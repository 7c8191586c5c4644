// Amplitude's browser SDK, from its own script, in a headless Chromium on a page of another origin:
// only its server URL is changed, and the two calls home that the URL does not redirect are off.

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'

import { Faulty } from '../node/faulty.mjs'
import { Server, until } from '../node/server.mjs'
import { AMPLITUDE, Shop, Visitor, launch } from './page.mjs'

const THROTTLED = { error: 'Too many requests for some devices and users', throttled_users: {}, throttled_devices: {}, throttled_events: [] }

let server, browser, shop, source, visitor, relay
let sources = 0

before(async () => {
  server = await Server.start()
  browser = await launch()
  shop = await Shop.open()
})
after(async () => {
  shop?.close()
  await browser?.close()
  await server?.end()
})
beforeEach(async () => { source = await server.createSource(`amplitude-${++sources}`) })
afterEach(async () => {
  const ours = [server.url, relay?.url, shop.url()].filter(Boolean).map((url) => new URL(url).host)
  const foreign = visitor && [...visitor.hosts()].filter((host) => !ours.includes(host))
  await visitor?.leave()
  relay?.end()
  visitor = relay = undefined
  assert.deepEqual(foreign ?? [], [], 'nothing is asked of any other host')
})

// A page with the SDK on it, which sends by a relay with these faults.
async function come(options = {}, answers = []) {
  relay = await Faulty.start(server, answers)
  visitor = await Visitor.come(browser, shop, '')
  await visitor.page.goto(shop.url('/goods?utm_source=mail'))
  await visitor.page.addScriptTag({ path: AMPLITUDE })
  const settings = {
    serverUrl: `${relay.url}/2/httpapi`, remoteConfig: { fetchRemoteConfig: false }, enableDiagnostics: false,
    autocapture: false, flushIntervalMillis: 50, logLevel: 0, ...options,
  }
  await visitor.page.evaluate(([key, settings]) => window.amplitude.init(key, 'user-1', settings).promise, [source.writeKey, settings])
}

async function counts(received) {
  const account = await server.account(source.id, received)
  return { received: account.received, accepted: account.accepted, duplicate: account.duplicate, refused: account.refused }
}

const messageId = (event) => `${event.insert_id}@${event.device_id}`

describe('@amplitude/analytics-browser', () => {
  test('every kind of call arrives once, after the preflight a browser asks for', async () => {
    await come()
    const sent = await visitor.page.evaluate(async () => {
      const { amplitude } = window
      const results = await Promise.all([
        amplitude.track('Order Completed', { total: 39.95, tags: ['a', 'b'] }).promise,
        amplitude.identify(new amplitude.Identify().set('plan', 'pro').add('visits', 2)).promise,
        amplitude.revenue(new amplitude.Revenue().setProductId('kettle').setPrice(79).setQuantity(2)).promise,
        amplitude.setGroup('company', 'acme').promise,
        amplitude.groupIdentify('company', 'acme', new amplitude.Identify().set('size', 12)).promise,
      ])
      return results.map(({ code, event }) => ({ code, event }))
    })
    assert.deepEqual(sent.map(({ code }) => code), [200, 200, 200, 200, 200])
    assert.deepEqual(await counts(5), { received: 5, accepted: 5, duplicate: 0, refused: {} })
    assert.ok(relay.methods.has('OPTIONS'), 'the browser asked before it posted')
    const order = await server.event(source.id, messageId(sent[0].event))
    assert.equal(order.event, 'Order Completed')
    assert.deepEqual(order.properties, { total: 39.95, tags: ['a', 'b'] })
    assert.deepEqual([order.userId, order.anonymousId], ['user-1', sent[0].event.device_id])
    assert.equal(order.context.ip, '127.0.0.1')
    assert.match(order.context.userAgent, /Chrome/)
    assert.match(order.context.library.name, /^amplitude-ts/)
    assert.equal(order.integrations['Actions Amplitude'].session_id, sent[0].event.session_id)
    const group = await server.event(source.id, messageId(sent[4].event))
    assert.deepEqual([group.type, group.groupId, group.traits], ['group', 'acme', { size: 12 }])
    const traits = await until('traits', async () => {
      const found = await server.api('GET', '/people?externalId=user_id:user-1')
      const id = found.body.data?.people[0]?.id
      const person = id && await server.api('GET', `/people/${id}`)
      return person?.body.data.person.traits.visits === 2 ? person.body.data.person.traits : undefined
    })
    assert.deepEqual([traits.plan, traits.company], ['pro', 'acme'])
  })

  test('autocapture: the session, the page and the campaign it came from', async () => {
    await come({ autocapture: true })
    const names = await until('the first events', async () => {
      const found = await server.eventsOf('user-1', source.id)
      const names = new Set(found.map((event) => event.name))
      return names.has('[Amplitude] Page Viewed') && names.has('[Amplitude] Start Session') && names.has('$identify') ? names : undefined
    })
    assert.ok(names.size >= 3)
    const person = await until('the campaign', async () => {
      const found = await server.api('GET', '/people?externalId=user_id:user-1')
      const traits = found.body.data?.people[0]?.traits
      return traits?.utm_source ? traits : undefined
    })
    assert.deepEqual([person.utm_source, person.initial_utm_source], ['mail', 'mail'])
  })

  test('an answer that was lost, a server in trouble, a busy one: what was sent counts once', async () => {
    await come({ flushMaxRetries: 8 }, [{ status: 500 }, { status: 503, instead: true }, { status: 429, instead: true, body: THROTTLED }])
    const codes = await visitor.page.evaluate(async () => {
      const results = await Promise.all(['one', 'two', 'three'].map((name) => window.amplitude.track(name).promise))
      return results.map(({ code }) => code)
    })
    assert.deepEqual(codes, [200, 200, 200])
    assert.ok(relay.seen.length >= 4)
    assert.deepEqual(await counts(6), { received: 6, accepted: 3, duplicate: 3, refused: {} })
  })

  test('a request that is too large is sent in halves', async () => {
    // It halves its own limit for a batch, not the batch.
    await come({ flushQueueSize: 4 }, [{ status: 413, instead: true, body: { error: 'Payload too large' } }])
    const codes = await visitor.page.evaluate(async () => {
      const results = await Promise.all([1, 2, 3, 4].map((n) => window.amplitude.track(`event ${n}`).promise))
      return results.map(({ code }) => code)
    })
    assert.deepEqual(codes, [200, 200, 200, 200])
    assert.deepEqual(relay.seen, [4, 2, 2])
    assert.deepEqual(await counts(4), { received: 4, accepted: 4, duplicate: 0, refused: {} })
  })

  test('bad events are named, dropped by the SDK, and the rest arrives', async () => {
    await come()
    const codes = await visitor.page.evaluate(async () => {
      const { amplitude } = window
      const results = await Promise.all([
        amplitude.track('good').promise,
        amplitude.track('text for a price', {}, { price: 'ten' }).promise,
        amplitude.track('good too').promise,
        amplitude.track('nobody', {}, { user_id: 'undefined' }).promise,
      ])
      return results.map(({ code }) => code)
    })
    assert.deepEqual(codes, [200, 400, 200, 400])
    assert.deepEqual(await counts(2), { received: 2, accepted: 2, duplicate: 0, refused: {} })
  })

  test('a beacon on leaving the page is plain text, and arrives', async () => {
    await come({ flushIntervalMillis: 60_000 })
    await visitor.page.evaluate(() => {
      window.amplitude.setTransport('beacon')
      window.amplitude.track('Left')
      window.amplitude.flush()
    })
    await visitor.page.goto('about:blank')
    assert.deepEqual(await counts(1), { received: 1, accepted: 1, duplicate: 0, refused: {} })
    assert.deepEqual([...relay.contentTypes], ['text/plain;charset=UTF-8'])
  })

  test('a large body may come compressed', async () => {
    await come({ enableRequestBodyCompression: true })
    const code = await visitor.page.evaluate(async () => {
      const { code } = await window.amplitude.track('Read', { text: 'a long text '.repeat(800).slice(0, 1000), list: Array(200).fill('again and again') }).promise
      return code
    })
    assert.equal(code, 200)
    assert.ok(relay.encodings.has('gzip'), `${[...relay.encodings]}`)
    assert.deepEqual(await counts(1), { received: 1, accepted: 1, duplicate: 0, refused: {} })
  })

  test('an unknown API key makes the SDK give up at once', async () => {
    source = { ...source, writeKey: '0123456789abcdef0123456789abcdef' }
    await come()
    const result = await visitor.page.evaluate(async () => {
      const { code, message } = await window.amplitude.track('lost').promise
      return { code, message }
    })
    assert.equal(result.code, 400)
    assert.match(result.message, /^Invalid API key/)
    assert.deepEqual(relay.seen, [1])
  })
})
