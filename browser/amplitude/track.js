// Track calls: one event, or an order with an event for each of its products; and their revenue.

import { revenueCall, revenueOf, revenueOfProduct, defaultTypeOf } from './revenue.js'
import { eventProperties, isObject, takeable } from './values.js'

const PRODUCT_PURCHASED = 'Product Purchased'
// What is kept of a product when an order stays one event.
const PRODUCT_KEYS = ['productId', 'product_id', 'sku', 'name', 'price', 'quantity', 'category']

// `Order Completed` however it is written.
const isOrderName = (name) => /^(order[ _]*completed|completed[ _]*order)$/i.test(name.trim())

export function trackCalls(about) {
  const { event, settings } = about
  const name = event.event
  const properties = event.properties ?? {}
  const isOrder = isOrderName(name)
  const products = isOrder && Array.isArray(properties.products) ? properties.products.filter(isObject) : []
  const isOnProducts = settings.trackRevenuePerProduct && !settings.trackProductsOnce && products.length > 0
  const own = products.length === 0 ? properties : propertiesOfOrder(properties, products, settings)

  const calls = [eventCall(about, name, eventProperties(about, own), event.messageId)]
  const revenue = isOnProducts ? undefined : revenueOf(own, { takesTotal: isOrder, defaultType: defaultTypeOf(name, isOrder) })
  if (revenue) calls.push(revenueCall(revenue, about, `${event.messageId}-revenue`))
  if (!settings.trackProductsOnce) products.forEach((product, index) => calls.push(...productCalls(about, product, index + 1)))
  return calls
}

function productCalls(about, product, number) {
  const { event, settings } = about
  const insertId = `${event.messageId}-${number}`
  const calls = [eventCall(about, PRODUCT_PURCHASED, takeable(product, settings.nestedArrays), insertId)]
  const revenue = settings.trackRevenuePerProduct ? revenueOfProduct(product) : undefined
  if (revenue) calls.push(revenueCall(revenue, about, `${insertId}-revenue`))
  return calls
}

function propertiesOfOrder(properties, products, settings) {
  const { products: _, ...rest } = properties
  if (!settings.trackProductsOnce) return rest
  const reduced = (product) => Object.fromEntries(Object.entries(product).filter(([key]) => PRODUCT_KEYS.includes(key)))
  return { ...rest, products: products.map(reduced) }
}

// Groups named with an event are its own, and do not stay with the person.
function eventCall({ options, shared }, name, properties, insertId) {
  const groups = isObject(options.groups) && Object.keys(options.groups).length > 0 ? { groups: options.groups } : {}
  return (client) => client.track(name, properties, { ...shared, ...groups, insert_id: insertId })
}
