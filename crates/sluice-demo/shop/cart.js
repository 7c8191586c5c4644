// The cart and the customer, kept in this browser only.

const read = (key, otherwise) => { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } };
const write = (key, value) => localStorage.setItem(key, JSON.stringify(value));
const fresh = (prefix) => `${prefix}_${Math.random().toString(36).slice(2, 10)}`;

export const customer = {
  get: () => read('shop.customer', null),
  set: (value) => write('shop.customer', value),
  clear: () => localStorage.removeItem('shop.customer'),
};

export const cart = {
  id() {
    let id = read('shop.cart.id', null);
    if (!id) write('shop.cart.id', (id = fresh('cart')));
    return id;
  },
  quantities: () => read('shop.cart', {}),
  add(sku) { const all = cart.quantities(); write('shop.cart', { ...all, [sku]: (all[sku] ?? 0) + 1 }); },
  remove(sku) { const { [sku]: _gone, ...rest } = cart.quantities(); write('shop.cart', rest); },
  clear() { localStorage.removeItem('shop.cart'); localStorage.removeItem('shop.cart.id'); },
  count: () => Object.values(cart.quantities()).reduce((sum, quantity) => sum + quantity, 0),
  lines: (products) => Object.entries(cart.quantities())
    .map(([sku, quantity]) => ({ product: products.find((product) => product.sku === sku), quantity }))
    .filter((line) => line.product),
};

/** What an order of these lines costs, in dollars with whole cents. */
export function orderOf(lines) {
  const cents = lines.reduce((sum, { product, quantity }) => sum + Math.round(product.price * 100) * quantity, 0);
  const shipping = cents === 0 || cents >= 5000 ? 0 : 490;
  const tax = Math.round(cents * 0.08);
  return { id: fresh('ord'), lines, subtotal: cents / 100, shipping: shipping / 100, tax: tax / 100, total: (cents + shipping + tax) / 100 };
}
