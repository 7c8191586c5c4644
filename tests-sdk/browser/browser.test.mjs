// Segment's browser SDK, as this server gives it out, in a headless Chromium: the snippets of
// Segment's guides with only the host changed.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, afterEach, describe, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

import { Server, until } from '../node/server.mjs'
import { EXAMPLES, SNIPPETS, Shop, Visitor, launch, snippet } from './page.mjs'

const NEWEST = SNIPPETS[1]
// One path per kind of call.
const LETTERS = { track: 't', identify: 'i', page: 'p', group: 'g', alias: 'a' }

let server, browser, shop, source, visitor
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
beforeEach(async () => { source = await server.createSource(`shop-${++sources}`) })
afterEach(async () => {
  const foreign = visitor && [...visitor.hosts()].filter((host) => !isOurs(host))
  await visitor?.leave()
  visitor = undefined
  assert.deepEqual(foreign ?? [], [], 'nothing is asked of any other host')
})

function isOurs(host) {
  return host === new URL(server.url).host || host.endsWith(new URL(shop.url()).host.split(':')[1])
}

async function come(file = NEWEST, options) {
  visitor = await Visitor.come(browser, shop, snippet(file, server, source.writeKey, options))
  return visitor
}

// The events of the source once so many were accepted, by the posts the page made.
async function arrived(count) {
  const account = await server.account(source.id, count)
  assert.deepEqual([account.received, account.accepted], [count, count], JSON.stringify(account))
}

describe('the script', () => {
  test('is the same in every encoding, and is cached by its tag', async () => {
    const url = `${server.url}/analytics.js/v1/${source.writeKey}/analytics.min.js`
    const get = async (encoding, more) => fetch(url, { headers: { 'accept-encoding': encoding, ...more } })
    const plain = await get('identity')
    const text = await plain.text()
    assert.equal(plain.headers.get('content-type'), 'text/javascript; charset=utf-8')
    assert.equal(plain.headers.get('access-control-allow-origin'), '*')
    assert.ok(text.includes(source.writeKey) && !text.includes('__WRITE_KEY__'))
    for (const [encoding, decode] of [['br', brotliDecompressSync], ['gzip', gunzipSync]]) {
      const answer = await get(encoding)
      assert.equal(answer.headers.get('content-encoding'), encoding)
      assert.ok(Number(answer.headers.get('content-length')) < 40_000, 'it is compressed')
      assert.equal(await answer.text(), text)
      // `fetch` may be lenient about how the stream ends; these are not.
      assert.equal(decode(await rawBytes(url, encoding)).toString(), text)
    }
    const again = await get('br', { 'if-none-match': plain.headers.get('etag') })
    assert.equal(again.status, 304)
    for (const other of ['analytics.js', 'platform/analytics.min.js']) {
      const answer = await fetch(url.replace('analytics.min.js', other))
      assert.equal(await answer.text(), text, other)
    }
    assert.equal((await fetch(url.replace(source.writeKey, 'x'.repeat(32)))).status, 404)
  })

  test('knows no address of the vendor', async () => {
    const text = await (await fetch(`${server.url}/analytics.js/v1/${source.writeKey}/analytics.min.js`)).text()
    for (const theirs of ['api.segment.io', '"https://cdn.segment.com', 'cdnjs.cloudflare.com']) {
      assert.ok(!text.includes(theirs), theirs)
    }
  })
})

describe('a page with the snippet', () => {
  for (const file of SNIPPETS) {
    test(`${file} works with only the host changed, over plain http`, async () => {
      await come(file)
      await visitor.open(shop.url('/goods?utm_source=mail&utm_campaign=spring'))
      await arrived(1)
      const [post] = visitor.posts(/^\/v1\/p$/)
      const event = await server.event(source.id, post.body.messageId)
      assert.equal(event.type, 'page')
      assert.equal(event.channel, 'client')
      assert.equal(event.properties.path, '/goods')
      assert.equal(event.context.page.title, 'Shop')
      assert.deepEqual(event.context.campaign, { source: 'mail', name: 'spring' })
      assert.equal(event.context.ip, '127.0.0.1')
      assert.equal(event.context.locale, 'nb-NO')
      assert.match(event.context.userAgent, /Chrome/)
      assert.match(event.context.library.version, /^next-/)
      assert.ok(!('writeKey' in event))
    })
  }

  test('makes each call to its own path, and every one arrives', async () => {
    await come()
    await visitor.open(shop.url())
    await visitor.page.evaluate(async () => {
      await analytics.identify('ann', { email: 'ann@example.org', plan: 'pro' })
      await analytics.track('Order Completed', { revenue: 39.95, products: [{ sku: 'a' }] })
      await analytics.group('acme', { name: 'Acme' })
      await analytics.alias('ann-2')
      await analytics.page('Docs', 'Start')
    })
    await arrived(6)
    const sent = Object.fromEntries(visitor.posts().map(({ path, body }) => [`${path} ${body.type}`, body]))
    assert.deepEqual(Object.keys(sent).sort(), ['/v1/a alias', '/v1/g group', '/v1/i identify', '/v1/p page', '/v1/t track'])
    for (const body of Object.values(sent)) {
      const event = await server.event(source.id, body.messageId)
      assert.equal(event.type, body.type)
      assert.equal(event.anonymousId, body.anonymousId)
    }
    const order = await server.event(source.id, sent['/v1/t track'].messageId)
    assert.deepEqual(order.properties, { revenue: 39.95, products: [{ sku: 'a' }] })
    assert.equal(order.userId, 'ann')
  })

  test('tells who the visitor is, keeps it over pages, and forgets it on reset', async () => {
    await come()
    await visitor.open(shop.url())
    const who = () => visitor.page.evaluate(() => {
      const user = analytics.user()
      return { id: user.id(), anonymousId: user.anonymousId(), traits: user.traits() }
    })
    const stranger = await who()
    assert.equal(stranger.id, null)
    assert.match(stranger.anonymousId, /^[0-9a-f-]{36}$/)
    const cookies = await visitor.context.cookies()
    const cookie = cookies.find((cookie) => cookie.name === 'ajs_anonymous_id')
    assert.equal(decodeURIComponent(cookie.value).replaceAll('"', ''), stranger.anonymousId)

    await visitor.page.evaluate(() => { analytics.debug(); return analytics.identify('ann', { plan: 'pro' }) })
    const known = { id: 'ann', anonymousId: stranger.anonymousId, traits: { plan: 'pro' } }
    assert.deepEqual(await who(), known)
    await visitor.open(shop.url('/next'))
    assert.deepEqual(await who(), known, 'on the next page')

    await visitor.page.evaluate(() => analytics.reset())
    const fresh = await who()
    assert.deepEqual([fresh.id, fresh.traits], [null, {}])
    assert.notEqual(fresh.anonymousId, stranger.anonymousId)
    await arrived(3)
  })

  test('shares its visitor between subdomains by cookie.domain', async () => {
    await come(NEWEST, { cookie: { domain: 'shop.test' } })
    const anonymousId = () => visitor.page.evaluate(() => analytics.user().anonymousId())
    await visitor.open(shop.url('/', 'www.shop.test'))
    const first = await anonymousId()
    const cookies = await visitor.context.cookies()
    assert.equal(cookies.find((cookie) => cookie.name === 'ajs_anonymous_id').domain, '.shop.test')
    await visitor.open(shop.url('/', 'pay.shop.test'))
    assert.equal(await anonymousId(), first)
    await arrived(2)
  })
})

describe('delivery from the browser', () => {
  test('what happened offline arrives once when the network is back', async () => {
    await come()
    await visitor.open(shop.url())
    await arrived(1)
    await visitor.context.setOffline(true)
    await visitor.page.evaluate(() => { for (const n of [1, 2, 3]) analytics.track('Offline', { n }) })
    await visitor.context.setOffline(false)
    await arrived(4)
  })

  test('in batching mode several events travel in one request to /v1/b', async () => {
    const config = { size: 3, timeout: 60_000 }
    await come(NEWEST, { integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config } } } })
    await visitor.open(shop.url())
    await visitor.page.evaluate(() => { analytics.track('One'); analytics.track('Two') })
    await arrived(3)
    const posts = visitor.posts()
    assert.deepEqual(posts.map((post) => post.path), ['/v1/b'])
    assert.deepEqual(posts[0].body.batch.map((event) => event.event ?? event.type), ['page', 'One', 'Two'])
  })

  test('a batch that waits is sent when the page is left', async () => {
    const config = { size: 100, timeout: 60_000 }
    await come(NEWEST, { integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config } } } })
    await visitor.open(shop.url())
    await visitor.page.evaluate(() => analytics.track('Left'))
    assert.deepEqual(visitor.posts(), [], 'nothing is sent yet')
    await visitor.page.goto('about:blank')
    await arrived(2)
  })

  test('what could not be sent before the page was left is sent by the next page', async () => {
    await come()
    await visitor.open(shop.url())
    await arrived(1)
    await visitor.page.route('**/v1/t', (route) => route.abort())
    await visitor.page.evaluate(() => { analytics.track('Left') })
    await until('an attempt', async () => visitor.posts(/^\/v1\/t$/)[0])
    await visitor.page.unroute('**/v1/t')
    await visitor.open(shop.url('/next'))
    await arrived(3)
  })
})

describe('examples of Segment’s guides', () => {
  for (const file of readdirSync(EXAMPLES).filter((name) => name.endsWith('.js'))) {
    test(`${file} runs as it stands, and every call arrives`, async () => {
      await come()
      await visitor.open(shop.url())
      const text = readFileSync(join(EXAMPLES, file), 'utf8')
      await visitor.page.addScriptTag({ content: `{ const userOptedOutOfGA = true;\n${text}\n}` })
      const calls = [...text.matchAll(/^analytics\.(track|identify|page|group|alias)\((?:'([^']*)')?/gm)]
      await arrived(1 + calls.length)
      const seen = new Set()
      for (const [, type, name] of calls) {
        const { body } = await until(`${type} ${name}`, async () => visitor.posts().find(({ path, body }) =>
          path === `/v1/${LETTERS[type]}` && (type !== 'track' || body.event === name) && !seen.has(body.messageId)))
        seen.add(body.messageId)
        const event = await server.event(source.id, body.messageId)
        for (const key of ['properties', 'traits', 'context', 'userId']) {
          assert.deepEqual(event[key], key === 'context' ? { ip: '127.0.0.1', ...body[key] } : body[key] ?? undefined)
        }
      }
    })
  }
})

test('a page on the server’s own host works, too', async () => {
  visitor = await Visitor.come(browser, shop, snippet(NEWEST, server, source.writeKey))
  await visitor.page.route(`${server.url}/own`, (route) => route.fulfill({ contentType: 'text/html', body: shop.html }))
  await visitor.open(`${server.url}/own`)
  await until('the page call', async () => visitor.posts(/^\/v1\/p$/)[0])
  await arrived(1)
})

// The bytes as they are on the wire.
async function rawBytes(url, encoding) {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { 'accept-encoding': encoding } }, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.on('end', () => resolve(Buffer.concat(parts)))
    })
    asked.on('error', reject)
    asked.end()
  })
}
