// Amplitude in device mode: what becomes of each call.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { until } from '../node/server.mjs'
import { Stage } from './device.mjs'

const ORDER = {
  checkoutId: 'c-1', orderId: 'o-1', total: 30, revenue: 25, shipping: 3, currency: 'USD',
  products: [
    { productId: 'p-1', sku: '45790-32', name: 'Monopoly', price: 19, quantity: 1, category: 'Games' },
    { productId: 'p-2', sku: '46493-32', name: 'Uno', price: 3, quantity: 2, category: 'Games' },
  ],
}

const stage = Stage.set()

describe('identify', () => {
  const properties = async (settings, traits, options) => {
    await stage.come({ trackReferrer: false, ...settings })
    await stage.inPage(([traits, options]) => analytics.identify('ann', traits, options), [traits, options])
    return (await stage.identifies(1))[0]
  }

  test('gives user id, device id and traits', async () => {
    const sent = await properties({}, { email: 'ann@example.org', plan: 'pro' })
    assert.deepEqual(sent.user_properties, { $set: { email: 'ann@example.org', plan: 'pro' } })
    assert.deepEqual([sent.user_id, sent.device_id], ['ann', await stage.deviceId()])
  })

  test('adds to numbers, keeps first values, and leaves alone what is no number', async () => {
    const settings = { traitsToIncrement: ['visits', 'karma'], traitsToSetOnce: ['first'], traitsToAppend: ['tags'], traitsToPrepend: ['news'] }
    const sent = await properties(settings, { visits: 2, karma: 'high', first: 'a', tags: 'x', news: 'y', plan: 'pro' })
    assert.deepEqual(sent.user_properties, {
      $add: { visits: 2 }, $setOnce: { first: 'a' }, $append: { tags: 'x' }, $prepend: { news: 'y' }, $set: { plan: 'pro' },
    })
  })

  test('groups of the call become the person’s', async () => {
    await properties({}, { plan: 'pro' }, { integrations: { Amplitude: { groups: { sports: ['basketball', 'tennis'] } } } })
    const [, group] = await stage.identifies(2)
    assert.deepEqual(group.groups, { sports: ['basketball', 'tennis'] })
    assert.deepEqual(group.user_properties, { $set: { sports: ['basketball', 'tennis'] } })
  })

  test('lists in lists become texts', async () => {
    const sent = await properties({}, { grid: [[1, 2], [3]] })
    assert.deepEqual(sent.user_properties, { $set: { grid: ['[1,2]', '[3]'] } })
  })
})

describe('group', () => {
  const joined = async (settings, traits) => {
    await stage.come({ trackReferrer: false, ...settings })
    await stage.inPage((traits) => analytics.group('acme-1', traits), traits)
    const [sent] = await stage.identifies(1)
    return [sent.groups, sent.user_properties]
  }

  test('by the two trait settings, as a user property too; no properties of the group', async () => {
    const named = { groupTypeTrait: 'group_type', groupValueTrait: 'name' }
    const [groups, user] = await joined(named, { group_type: 'Organization', name: 'ExampleCorp, LLC', employees: '20' })
    assert.deepEqual(groups, { Organization: 'ExampleCorp, LLC' })
    assert.deepEqual(user, { $set: { Organization: 'ExampleCorp, LLC' } })
    assert.ok(!stage.posted().some((event) => event.event_type === '$groupidentify'))
  })

  test('falls back to the group id where a trait is missing', async () => {
    const [groups] = await joined({ groupTypeTrait: 'group_type', groupValueTrait: 'name' }, { name: 'ExampleCorp, LLC' })
    assert.deepEqual(groups, { '[Segment] Group': 'acme-1' })
  })
})

describe('revenue', () => {
  const tracked = async (settings, name, properties, count, options) => {
    await stage.come(settings)
    await stage.inPage(([name, properties, options]) => analytics.track(name, properties, options), [name, properties, options])
    return stage.events(count)
  }

  test('goes by the SDK’s revenue event, with what is left of the properties', async () => {
    const properties = { price: 16, quantity: 2, revenue: 32, revenueType: 'income', productId: 'p', receipt: 'r', plan: 'Basic' }
    const [event, revenue] = await tracked({}, 'Subscription Started', properties, 2)
    assert.deepEqual(event.event_properties, properties)
    assert.equal(revenue.event_type, 'revenue_amount')
    assert.deepEqual(revenue.event_properties, {
      $price: 16, $quantity: 2, $revenueType: 'income', $productId: 'p', $receipt: 'r', revenue: 32, plan: 'Basic',
    })
    assert.notEqual(event.insert_id, revenue.insert_id)
  })

  test('falls back to the revenue as price of one piece, and a quantity that was not sent stays', async () => {
    const [, revenue] = await tracked({}, 'Subscription Started', { revenue: '$32', quantity: 3 }, 2)
    assert.deepEqual(revenue.event_properties, { $price: 32, $quantity: 1, $productId: '', quantity: 3 })
  })

  test('by the method of old has price, quantity and product only', async () => {
    const properties = { price: 16, quantity: 2, revenue: 32, revenueType: 'income', productId: 'p', plan: 'Basic' }
    const [, revenue] = await tracked({ useLogRevenueV2: false }, 'Subscription Started', properties, 2)
    assert.deepEqual([revenue.event_type, revenue.price, revenue.quantity, revenue.productId], ['revenue_amount', 16, 2, 'p'])
    assert.deepEqual(revenue.event_properties, {})
  })

  test('there is none without an amount', async () => {
    await tracked({}, 'Viewed', { price: 5 }, 1)
    await stage.inPage(() => analytics.track('Next'))
    assert.deepEqual((await stage.events(2)).map((event) => event.event_type), ['Viewed', 'Next'])
  })

  test('an order is one event and one for each product, with one revenue of all', async () => {
    const found = await tracked({}, 'Order Completed', ORDER, 4)
    assert.deepEqual(found.map((event) => event.event_type), ['Order Completed', 'revenue_amount', 'Product Purchased', 'Product Purchased'])
    const { products, ...rest } = ORDER
    assert.deepEqual(found[0].event_properties, rest)
    assert.deepEqual([found[1].event_properties.$price, found[1].event_properties.$quantity, found[1].event_properties.$revenueType], [25, 1, 'Purchase'])
    assert.deepEqual(found.slice(2).map((event) => event.event_properties), products)
    assert.equal(new Set(found.map((event) => event.insert_id)).size, 4)
  })

  test('per product, each product has its own and the order none', async () => {
    const found = await tracked({ trackRevenuePerProduct: true }, 'order_completed', ORDER, 5)
    assert.deepEqual(found.map((event) => event.event_type), ['order_completed', 'Product Purchased', 'revenue_amount', 'Product Purchased', 'revenue_amount'])
    const amounts = found.filter((event) => event.event_type === 'revenue_amount').map(({ event_properties: p }) => [p.$productId, p.$price, p.$quantity])
    assert.deepEqual(amounts, [['p-1', 19, 1], ['p-2', 3, 2]])
  })

  test('an order kept as one event has its products in it', async () => {
    const found = await tracked({ trackProductsOnce: true }, 'Order Completed', ORDER, 2)
    assert.deepEqual(found.map((event) => event.event_type), ['Order Completed', 'revenue_amount'])
    assert.deepEqual(found[0].event_properties.products, ORDER.products)
  })

  test('counts in the analytics of what it is sent to', async () => {
    const found = await tracked({ trackReferrer: false }, 'Subscription Started', { revenue: 49.99 }, 2)
    const account = await stage.server.account(stage.project.id, found.length)
    assert.equal(account.accepted, 2)
    const id = `${found[1].insert_id}@${found[1].device_id}`
    const event = await stage.server.event(stage.project.id, id)
    assert.deepEqual([event.event, event.properties.revenue], ['[Amplitude] Revenue', 49.99])
  })
})

describe('track', () => {
  test('groups of the event are the event’s', async () => {
    await stage.come({ trackReferrer: false })
    await stage.inPage(() => {
      analytics.track('Clicked Benefits Dropdown', { dropdownColor: 'blue' }, { integrations: { Amplitude: { groups: { onboarding_cohort: 'Summer 2016' } } } })
      analytics.track('Next')
    })
    const [clicked, next] = await stage.events(2)
    assert.deepEqual(clicked.groups, { onboarding_cohort: 'Summer 2016' })
    assert.equal(next.groups, undefined)
    assert.ok(!stage.posted().some((event) => event.event_type === '$identify'))
  })

  test('has the settings’ further properties and the app’s version', async () => {
    await stage.come({ appendFieldsToEventProps: { 'context.page.title': 'pageTitle' }, mapQueryParams: { query: 'event_properties' }, versionName: '1.0' }, { path: '/?a=1' })
    await stage.inPage(() => {
      analytics.track('Browsed')
      analytics.track('Used', {}, { context: { app: { version: '2.0' } } })
    })
    const [browsed, used] = await stage.events(2)
    assert.deepEqual(browsed.event_properties, { pageTitle: 'Shop', query: '?a=1' })
    assert.deepEqual([browsed.app_version, used.app_version], ['1.0', '2.0'])
  })

  test('an event of another time keeps it', async () => {
    await stage.come()
    await stage.inPage(() => analytics.track('Earlier', {}, { timestamp: new Date('2026-01-02T03:04:05Z') }))
    assert.equal((await stage.events(1))[0].time, Date.parse('2026-01-02T03:04:05Z'))
  })

  test('what waits when the visitor leaves arrives', async () => {
    await stage.come({ trackReferrer: false })
    await stage.inPage(() => { analytics.track('Left') })
    await until('it is with the SDK', async () => stage.visitor.posts(/^\/v1\/t$/)[0])
    await stage.visitor.page.goto('about:blank')
    const account = await stage.server.account(stage.project.id, 1)
    assert.equal(account.accepted, 1)
  })
})

describe('where visitors come from', () => {
  const AD = '/?utm_source=mail&utm_campaign=spring&gclid=g1'

  test('campaign and referrer, with their first values', async () => {
    await stage.come({ trackGclid: true }, { path: AD, referer: 'http://search.example/find?q=x' })
    const [sent] = await stage.identifies(1)
    assert.deepEqual(sent.user_properties, {
      $set: { utm_source: 'mail', utm_campaign: 'spring', gclid: 'g1', referrer: 'http://search.example/find?q=x', referring_domain: 'search.example' },
      $setOnce: {
        initial_utm_source: 'mail', initial_utm_campaign: 'spring', initial_gclid: 'g1',
        initial_referrer: 'http://search.example/find?q=x', initial_referring_domain: 'search.example',
      },
    })
  })

  test('switched off one by one', async () => {
    await stage.come({ trackUtmProperties: false, trackGclid: true, trackReferrer: false }, { path: AD, referer: 'http://search.example/' })
    const [sent] = await stage.identifies(1)
    assert.deepEqual(sent.user_properties, { $set: { gclid: 'g1' }, $setOnce: { initial_gclid: 'g1' } })
  })

  for (const [once, expected] of [[true, 1], [false, 2]]) {
    test(`${once ? 'once per session' : 'on every page'}, by the setting`, async () => {
      await stage.come({ saveParamsReferrerOncePerSession: once }, { path: AD })
      await stage.identifies(1)
      await stage.visitor.page.goto(stage.shop.url('/?utm_source=other'))
      await stage.visitor.ready()
      await stage.inPage(() => analytics.track('Browsed'))
      await stage.events(1)
      const found = stage.posted().filter((event) => event.event_type === '$identify')
      assert.equal(found.length, expected)
    })
  }

  test('a session without them forgets the former ones, if that is wanted', async () => {
    await stage.come({ unsetParamsReferrerOnNewSession: true, trackReferrer: false })
    const [sent] = await stage.identifies(1)
    assert.deepEqual(Object.keys(sent.user_properties), ['$unset'])
    assert.ok('utm_source' in sent.user_properties.$unset)
  })
})
