// The calls of Segment's e-commerce and sign-up vocabulary that the shop makes, in one place.
// `analytics` is the snippet's object; calls made before the library has loaded wait in its queue.

const analytics = window.analytics;

/** The properties of a product as the e-commerce vocabulary names them. */
export const asProperties = (product, quantity = 1) => ({
  product_id: product.product_id, sku: product.sku, category: product.category, name: product.name,
  brand: product.brand, variant: product.variant, price: product.price, quantity, currency: 'USD',
});

const asLines = (lines) => lines.map(({ product, quantity }) => asProperties(product, quantity));

const totals = (order) => ({
  order_id: order.id, affiliation: 'Web Store', revenue: order.subtotal, shipping: order.shipping,
  tax: order.tax, currency: 'USD', products: asLines(order.lines),
});

export const page = (name) => analytics.page(name);
export const searched = (query) => analytics.track('Products Searched', { query });
export const viewed = (product) => analytics.track('Product Viewed', { ...asProperties(product), value: product.price });
export const added = (product, cartId) => analytics.track('Product Added', { ...asProperties(product), cart_id: cartId });
export const removed = (product, cartId) => analytics.track('Product Removed', { ...asProperties(product), cart_id: cartId });
export const cartViewed = (cartId, lines) => analytics.track('Cart Viewed', { cart_id: cartId, products: asLines(lines) });
export const checkoutStarted = (order) => analytics.track('Checkout Started', totals(order));
export const paymentEntered = (order) => analytics.track('Payment Info Entered', {
  checkout_id: `chk_${order.id}`, order_id: order.id, step: 2, shipping_method: 'standard', payment_method: 'card',
});
export const orderCompleted = (order) => analytics.track('Order Completed', {
  ...totals(order), checkout_id: `chk_${order.id}`, subtotal: order.subtotal, total: order.total, value: order.subtotal,
});

export const signupStarted = (method, country) =>
  analytics.track('Signup Started', { signup_method: method, platform: 'web', country });

/** Identifies the new customer, then says that the sign-up is complete. */
export function signedUp({ userId, email, name, company, method, country, plan, seconds }) {
  analytics.identify(userId, { email, name, plan: plan.code, country });
  analytics.track('Signup Completed', {
    user_id: userId, signup_method: method, platform: 'web', country,
    time_to_complete_signup: seconds, planCode: plan.code, planName: plan.name,
  });
  if (company) analytics.group(`company_${company.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`, { name: company, plan: plan.code });
}

export const signedOut = () => { analytics.track('Signed Out'); analytics.reset(); };
