// Revenue, sent by the SDK's revenue method as an event of its own beside the call's.

import { Revenue } from '@amplitude/analytics-core'
import { number, takeable, text } from './values.js'

const PURCHASE = 'Purchase'

// The revenue of an event; none if it has no amount. `total` stands in for an order's revenue.
export function revenueOf(properties, { takesTotal, defaultType }) {
  const amount = number(properties.revenue) ?? (takesTotal ? number(properties.total) : undefined)
  if (amount === undefined) return undefined
  const price = number(properties.price)
  // Amplitude takes price times quantity, and the amount is of all of them.
  const parts = price === undefined ? { price: amount, quantity: 1 } : { price, quantity: pieces(properties) }
  return described(properties, parts, defaultType)
}

// Of one product of an order: its price times its quantity, else its own revenue.
export function revenueOfProduct(product) {
  const [price, revenue] = [number(product.price), number(product.revenue)]
  if (price === undefined && revenue === undefined) return undefined
  const parts = price === undefined ? { price: revenue, quantity: 1 } : { price, quantity: pieces(product) }
  return described(product, parts, PURCHASE)
}

function pieces(properties) {
  const quantity = number(properties.quantity)
  return quantity === undefined ? 1 : Math.round(quantity)
}

function described(properties, parts, defaultType) {
  const found = { ...parts }
  // Of the properties, those whose very values go out as price and quantity.
  const taken = new Set([number(properties.price) === undefined ? 'revenue' : 'price'])
  if (number(properties.quantity) === parts.quantity) taken.add('quantity')
  const take = (name, ...keys) => {
    const key = keys.find((key) => text(properties[key]) !== undefined)
    if (key === undefined) return
    found[name] = text(properties[key])
    taken.add(key)
  }
  take('productId', 'productId', 'product_id')
  take('revenueType', 'revenueType', 'revenue_type')
  take('receipt', 'receipt')
  found.revenueType ??= defaultType
  found.remaining = Object.fromEntries(Object.entries(properties).filter(([key]) => !taken.has(key)))
  return found
}

// The call that sends it. The method of old knows price, quantity and product only.
export function revenueCall(revenue, { settings, shared }, insertId) {
  const options = { ...shared, insert_id: insertId }
  if (settings.useLogRevenueV2 === false) {
    const { price, quantity, productId } = revenue
    return (client) => client.track('revenue_amount', {}, { ...options, price, quantity, ...(productId && { productId }) })
  }
  const sent = new Revenue()
    .setPrice(revenue.price)
    .setQuantity(revenue.quantity)
    .setEventProperties(takeable(revenue.remaining, settings.nestedArrays))
  if (revenue.productId) sent.setProductId(revenue.productId)
  if (revenue.revenueType) sent.setRevenueType(revenue.revenueType)
  if (revenue.receipt) sent.setReceipt(revenue.receipt)
  return (client) => client.revenue(sent, options)
}

// What an event's revenue is if its sender does not say.
export const defaultTypeOf = (name, isOrder) => isOrder || name === 'Product Purchased' ? PURCHASE : undefined
