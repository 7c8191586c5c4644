// The calls of Segment's e-commerce and sign-up vocabulary that the shop makes, in one place.
// The library replaces the snippet's object when it has loaded, so `window` is asked at each call.

const call = (method, ...args) => window.analytics[method](...args);

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

export const page = (name) => call('page', name);
export const searched = (query) => call('track', 'Products Searched', { query });
export const viewed = (product) => call('track', 'Product Viewed', { ...asProperties(product), value: product.price });
export const added = (product, cartId) => call('track', 'Product Added', { ...asProperties(product), cart_id: cartId });
export const removed = (product, cartId) => call('track', 'Product Removed', { ...asProperties(product), cart_id: cartId });
export const cartViewed = (cartId, lines) => call('track', 'Cart Viewed', { cart_id: cartId, products: asLines(lines) });
export const checkoutStarted = (order) => call('track', 'Checkout Started', totals(order));
export const paymentEntered = (order) => call('track', 'Payment Info Entered', {
  checkout_id: `chk_${order.id}`, order_id: order.id, step: 2, shipping_method: 'standard', payment_method: 'card',
});
export const orderCompleted = (order) => call('track', 'Order Completed', {
  ...totals(order), checkout_id: `chk_${order.id}`, subtotal: order.subtotal, total: order.total, value: order.subtotal,
});

export const signupStarted = (method, country) =>
  call('track', 'Signup Started', { signup_method: method, platform: 'web', country });

/** Identifies the new customer, then says that the sign-up is complete. */
export function signedUp({ userId, email, name, company, method, country, plan, seconds }) {
  call('identify', userId, { email, name, plan: plan.code, country });
  call('track', 'Signup Completed', {
    user_id: userId, signup_method: method, platform: 'web', country,
    time_to_complete_signup: seconds, planCode: plan.code, planName: plan.name,
  });
  if (company) call('group', `company_${company.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`, { name: company, plan: plan.code });
}

export const signedOut = () => { call('track', 'Signed Out'); call('reset'); };
