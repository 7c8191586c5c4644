// The shop's pages. Each is drawn from the address; links change the address without a reload.

import * as calls from './calls.js';
import { cart, customer, orderOf } from './cart.js';
import { drawing } from './drawings.js';

const ROOT = '/demo-shop';
const PLANS = [{ code: 'free', name: 'Free' }, { code: 'plus_monthly', name: 'Plus' }, { code: 'pro_yearly', name: 'Pro' }];
const products = await (await fetch(`${ROOT}/products.json`)).json();
const main = document.getElementById('main');

const text = (value) => String(value).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
const money = (dollars) => `$${dollars.toFixed(2)}`;
const productLink = (product) => `${ROOT}/products/${product.product_id}`;

const card = (product) => `<a class="product" href="${productLink(product)}" data-link>${drawing(product)}
  <div><span>${text(product.name)}<br><small>${text(product.brand)}</small></span><span class="price">${money(product.price)}</span></div></a>`;

const orderLines = (lines, action = () => '') => `<table class="lines"><tbody>${lines.map(({ product, quantity }) => `<tr>
  <td><a href="${productLink(product)}" data-link>${text(product.name)}</a> <span class="by">× ${quantity}</span> ${action(product)}</td>
  <td>${money(product.price * quantity)}</td></tr>`).join('')}</tbody>`;

const sums = (order) => `<tfoot>
  <tr><td class="by">Shipping</td><td>${money(order.shipping)}</td></tr><tr><td class="by">Tax</td><td>${money(order.tax)}</td></tr>
  <tr><td>Total</td><td>${money(order.total)}</td></tr></tfoot></table>`;

const pages = {
  home() {
    const groups = [...new Set(products.map((product) => product.category))];
    return {
      name: 'Home', title: 'Sample shop',
      html: `<h1>Quiet things for busy rooms.</h1><p class="lead">Kettles, lamps and notebooks that do not exist. Look around, add, order: that is what the funnel counts.</p>
        ${groups.map((group) => `<h2>${text(group)}</h2><div class="grid">${products.filter((p) => p.category === group).map(card).join('')}</div>`).join('')}`,
    };
  },
  search(query) {
    const found = products.filter((p) => `${p.name} ${p.brand} ${p.category}`.toLowerCase().includes(query.toLowerCase()));
    return {
      name: 'Search', title: `Search: ${query}`, seen: () => calls.searched(query),
      html: `<h1>${found.length ? `“${text(query)}”` : `Nothing called “${text(query)}”`}</h1>
        <p class="lead">${found.length ? `${found.length} found` : 'Try kettle, desk or lamp.'}</p><h2></h2><div class="grid">${found.map(card).join('')}</div>`,
    };
  },
  product(product) {
    return {
      name: product.name, title: product.name, seen: () => calls.viewed(product),
      html: `<div class="one">${drawing(product)}<div><p class="by">${text(product.brand)} · ${text(product.category)}</p><h1>${text(product.name)}</h1>
        <p class="price">${money(product.price)}</p><p class="lead">In ${text(product.variant)}. Ships from nowhere, arrives at once.</p>
        <div class="actions"><button class="primary" data-add="${product.sku}" type="button">Add to cart</button>
        <a href="${ROOT}/cart" data-link>Go to cart</a></div></div></div>`,
    };
  },
  cart() {
    const lines = cart.lines(products);
    const remove = (product) => `<button class="link by" data-remove="${product.sku}" type="button">remove</button>`;
    return {
      name: 'Cart', title: 'Cart', seen: () => calls.cartViewed(cart.id(), lines),
      html: lines.length === 0
        ? `<h1>Your cart is empty</h1><p class="lead">Add something first.</p><div class="actions"><a href="${ROOT}/" data-link>Back to the shop</a></div>`
        : `<div class="narrow"><h1>Cart</h1>${orderLines(lines, remove)}${sums(orderOf(lines))}
           <div class="actions"><a class="primary" style="text-decoration:none" href="${ROOT}/checkout" data-link>Check out</a></div></div>`,
    };
  },
  checkout() {
    const order = orderOf(cart.lines(products));
    if (order.lines.length === 0) return pages.cart();
    return {
      name: 'Checkout', title: 'Checkout', seen: () => calls.checkoutStarted(order),
      html: `<div class="narrow"><h1>Checkout</h1>${orderLines(order.lines)}${sums(order)}<h2>Payment</h2>
        <form id="pay"><label class="field"><span>Card (any number; it goes nowhere)</span><input name="card" value="4242 4242 4242 4242" inputmode="numeric" required></label>
        <button class="primary" type="submit">Pay ${money(order.total)}</button></form></div>`,
      ready() {
        const form = document.getElementById('pay');
        form.card.addEventListener('focus', () => calls.paymentEntered(order), { once: true });
        form.addEventListener('submit', (event) => {
          event.preventDefault();
          calls.orderCompleted(order);
          cart.clear();
          show({
            name: 'Thank you', title: 'Thank you',
            html: `<div class="narrow"><h1>Thank you</h1><p class="done">Order <b>${order.id}</b> over ${money(order.total)} is complete. It is in the shop's funnel now.</p>
              <div class="actions"><a href="${ROOT}/" data-link>Back to the shop</a></div></div>`,
          });
        });
      },
    };
  },
  signup() {
    const startedAt = Date.now();
    const country = (navigator.language.split('-')[1] ?? 'US').toUpperCase();
    return {
      name: 'Sign up', title: 'Sign up', seen: () => calls.signupStarted('email', country),
      html: `<div class="narrow"><h1>Sign up</h1><form id="signup">
        <label class="field"><span>Name</span><input name="name" value="Ada Example" required></label>
        <label class="field"><span>E-mail</span><input name="email" type="email" value="ada.${Math.random().toString(36).slice(2, 6)}@mail.example" required></label>
        <label class="field"><span>Company (optional)</span><input name="company"></label>
        <label class="field"><span>Plan</span><select name="plan">${PLANS.map((plan) => `<option value="${plan.code}">${plan.name}</option>`).join('')}</select></label>
        <button class="primary" type="submit">Create account</button></form></div>`,
      ready() {
        const form = document.getElementById('signup');
        form.addEventListener('submit', (event) => {
          event.preventDefault();
          const [name, email, company] = [form.elements.name, form.email, form.company].map((field) => field.value.trim());
          const userId = `user_${email.split('@')[0].replace(/[^a-z0-9]+/gi, '_')}`;
          const plan = PLANS.find((candidate) => candidate.code === form.plan.value);
          calls.signedUp({ userId, email, name, company, method: 'email', country, plan, seconds: Math.round((Date.now() - startedAt) / 1000) });
          customer.set({ userId, name });
          go(`${ROOT}/`);
        });
      },
    };
  },
  missing: () => ({ name: 'Not found', title: 'Not found', html: `<h1>No such page</h1><div class="actions"><a href="${ROOT}/" data-link>Back to the shop</a></div>` }),
};

function pageAt(location) {
  const [place, id] = location.pathname.slice(ROOT.length + 1).split('/');
  const product = products.find((candidate) => candidate.product_id === id);
  if (place === '') return pages.home();
  if (place === 'products' && product) return pages.product(product);
  if (place === 'search') return pages.search(new URLSearchParams(location.search).get('query') ?? '');
  return place !== 'products' && place !== 'missing' && Object.hasOwn(pages, place) ? pages[place]() : pages.missing();
}

function show(page) {
  document.title = page.title;
  main.innerHTML = page.html;
  document.getElementById('cart-count').textContent = cart.count();
  document.getElementById('account').textContent = customer.get() ? `Sign out ${customer.get().name.split(' ')[0]}` : 'Sign up';
  calls.page(page.name);
  page.seen?.();
  page.ready?.();
}

function go(address) {
  history.pushState(null, '', address);
  show(pageAt(location));
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

addEventListener('popstate', () => show(pageAt(location)));

document.addEventListener('click', (event) => {
  const { target } = event;
  const link = target.closest('a[data-link]');
  const button = target.closest('button');
  if (link && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    go(link.getAttribute('href'));
  } else if (button?.dataset.add || button?.dataset.remove) {
    const product = products.find((candidate) => candidate.sku === (button.dataset.add ?? button.dataset.remove));
    const adding = Boolean(button.dataset.add);
    cart[adding ? 'add' : 'remove'](product.sku);
    calls[adding ? 'added' : 'removed'](product, cart.id());
    document.getElementById('cart-count').textContent = cart.count();
    if (adding) button.textContent = 'Added. One more?';
    else show(pages.cart());
  } else if (button?.id === 'account') {
    if (!customer.get()) return go(`${ROOT}/signup`);
    calls.signedOut();
    customer.clear();
    go(`${ROOT}/`);
  } else if (button?.id === 'overlay-switch') {
    if (window.sluiceOverlay?.toggle) window.sluiceOverlay.toggle();
    else location.search = '?sluice_overlay=1';
  }
});

document.querySelector('.search').addEventListener('submit', (event) => {
  event.preventDefault();
  go(`${ROOT}/search?query=${encodeURIComponent(event.target.query.value.trim())}`);
});

show(pageAt(location));
