// Segment's published browser destinations in device mode: the plugin from this server, with the
// mappings of the connection, in a headless Chromium. The vendors' own scripts are not to be had here;
// in their place stands one that writes down what it is asked to do.

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'

import { Server, until } from '../node/server.mjs'
import { SNIPPETS, Shop, Visitor, launch, snippet } from './page.mjs'

const ORDER = {
  orderId: 'o-1', order_id: 'o-1', total: 30, revenue: 25, tax: 2, currency: 'USD', coupon: 'hasbros',
  products: [{ product_id: 'p-1', name: 'Monopoly', price: 19, quantity: 1, category: 'Games' }],
}

let server, browser, shop, source, visitor, destination
let made = 0

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
beforeEach(async () => { source = await server.createSource(`published-${++made}`) })
afterEach(async () => {
  await visitor?.leave()
  visitor = undefined
})

async function create(kind, settings) {
  const answer = await server.api('POST', '/destinations', { sourceId: source.id, metadataId: kind, settings })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  destination = answer.body.data.destination
}

// One more of the destination's actions, as the catalogue proposes it.
async function subscribe(kind, action, change = {}) {
  const { body } = await server.api('GET', `/catalog/destinations/${kind}`)
  const found = body.data.destinationMetadata.actions.find(({ slug }) => slug === action)
  const defaults = Object.fromEntries(found.fields.filter((field) => field.default !== undefined).map((field) => [field.key, field.default]))
  const answer = await server.api('POST', `/destinations/${destination.id}/subscriptions`, {
    actionId: action, trigger: found.trigger, settings: { ...defaults, ...change },
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

// A page of the source; `vendor` is the address of the vendor's script and what stands for it.
async function come([address, script]) {
  visitor = await Visitor.come(browser, shop, snippet(SNIPPETS[1], server, source.writeKey))
  await visitor.context.route(address, (route) => route.fulfill({ contentType: 'text/javascript', body: script }))
  await visitor.page.goto(shop.url('/goods'))
  await visitor.ready()
}

const inPage = (act, argument) => visitor.page.evaluate(act, argument)

// What the server did with the events of the page, once it has seen so many.
function leftAlone(count) {
  return until('what the server left alone', async () => {
    const { body } = await server.api('GET', '/deliveries')
    const found = body.data.deliveries.find((one) => one.destinationId === destination.id)
    return found?.received >= count && found.waiting === 0 ? found.filtered : undefined
  })
}

describe('Google Analytics 4', () => {
  const KIND = 'actions-google-analytics-4-web'
  const GTAG = ['https://www.googletagmanager.com/**', '']
  // `gtag` queues what it is asked, whether or not Google's script is there.
  const asked = () => inPage(() => (window.dataLayer ?? []).map((call) => [...call]))

  test('an order becomes a purchase, by the mapping of the connection', async () => {
    await create(KIND, { measurementID: 'G-TEST' })
    await subscribe(KIND, 'purchase', { value: { '@path': '$.properties.revenue' } })
    await come(GTAG)
    await inPage((order) => analytics.track('Order Completed', order), ORDER)
    const purchase = await until('the purchase', async () => (await asked()).find(([, name]) => name === 'purchase'))
    const { value, currency, tax, coupon, transaction_id: id, items } = purchase[2]
    assert.deepEqual([value, currency, tax, coupon, id], [25, 'USD', 2, 'hasbros', 'o-1'])
    assert.deepEqual([items[0].item_name, items[0].price], ['Monopoly', 19])
    const config = (await asked()).find(([name]) => name === 'config')
    assert.equal(config[1], 'G-TEST')
    assert.deepEqual(await leftAlone(2), { MESSAGE_SENT_CLIENT_SIDE: 2 })
  })

  test('other events start nothing, and the events of a server stay where they are', async () => {
    await create(KIND, { measurementID: 'G-TEST' })
    await subscribe(KIND, 'purchase')
    await come(GTAG)
    await inPage(() => analytics.track('Browsed'))
    await server.send(source.writeKey, 'track', { userId: 'ann', event: 'Order Completed', messageId: `order-${made}`, properties: ORDER })
    assert.deepEqual(await leftAlone(3), { MESSAGE_SENT_CLIENT_SIDE: 2, ONLY_SENT_FROM_PAGES: 1 })
    const events = (await asked()).filter(([name]) => name === 'event').map(([, name]) => name)
    assert.deepEqual(events, ['page_view'], 'of the proposed mapping')
  })
})

describe('a pixel (StackAdapt)', () => {
  test('gets each event with its properties, and a filter holds one back', async () => {
    await create('actions-stackadapt', { universalPixelId: 'px-1' })
    const filter = await server.api('POST', `/destinations/${destination.id}/filters`, {
      title: 'no secrets', if: "event = 'Secret'", enabled: true, actions: [{ type: 'DROP' }],
    })
    assert.equal(filter.status, 200, JSON.stringify(filter.body))
    await come(['https://tags.srv.stackadapt.com/**', ''])
    await inPage(() => { analytics.track('Secret'); analytics.track('Signed Up', { plan: 'pro' }) })
    const calls = await until('the pixel', async () => {
      const calls = await inPage(() => (window.saq?.queue ?? []).map((call) => [...call]))
      return calls.some(([, , sent]) => sent?.eventName) ? calls : undefined
    })
    const events = calls.filter(([, , sent]) => sent?.eventName)
    assert.deepEqual(events, [['ts', 'px-1', { eventName: 'Signed Up', plan: 'pro' }]])
  })
})

describe('product analytics (Heap)', () => {
  const HEAP = ['https://cdn.heapanalytics.com/**', `
    const said = window.said = []
    window.heap = {}
    for (const name of ['track', 'identify', 'addUserProperties']) heap[name] = (...words) => said.push([name, ...words])`]

  test('gets people and events', async () => {
    await create('actions-heap-web', { appId: '1' })
    await come(HEAP)
    await inPage(async () => {
      await analytics.identify('ann', { plan: 'pro' })
      await analytics.track('Signed Up', { plan: 'pro' })
    })
    const said = await until('the event', async () => {
      const said = await inPage(() => window.said ?? [])
      return said.some(([name]) => name === 'track') ? said : undefined
    })
    assert.ok(said.some(([name, id]) => name === 'identify' && id === 'ann'), JSON.stringify(said))
    const [, name, properties] = said.find(([name]) => name === 'track')
    assert.deepEqual([name, properties.plan], ['Signed Up', 'pro'])
  })
})

test('every available one is built, small, and makes its plugins of the proposed mappings', async () => {
  const { body } = await server.api('GET', '/catalog/destinations?pagination[count]=1000')
  const onPages = body.data.destinationsCatalog.filter((kind) => kind.deviceMode?.isOnly)
  assert.equal(onPages.length, 20)
  await come(['https://nowhere.example/**', ''])
  const some = { boolean: true, integer: 1, text_list: ['x'], url: 'https://nowhere.example' }
  const filled = ({ key, type, choices }) => [key, choices?.[0] ?? some[type] ?? 'x']
  for (const { id, settings: fields, deviceMode } of onPages) {
    assert.ok(deviceMode.pluginBytes > 5_000 && deviceMode.pluginBytes < 25_000, `${id}: ${deviceMode.pluginBytes}`)
    source = await server.createSource(`each-${id}`)
    await create(id, Object.fromEntries(fields.filter((field) => field.required).map(filled)))
    const settings = await (await fetch(`${server.url}/v1/projects/${source.writeKey}/settings`)).json()
    const [{ url, libraryName, settings: { subscriptions = [] } }] = settings.remotePlugins
    await visitor.page.addScriptTag({ url })
    const plugins = await inPage(async ([libraryName, subscriptions]) => (await window[libraryName]({ subscriptions })).length, [libraryName, subscriptions])
    assert.equal(plugins, new Set(subscriptions.map((one) => one.partnerAction)).size, id)
  }
  const unavailable = body.data.destinationsCatalog.filter((kind) => ['actions-braze-web', 'actions-amplitude-plugins'].includes(kind.id))
  assert.deepEqual(unavailable.map((kind) => kind.available), [false, false])
})
