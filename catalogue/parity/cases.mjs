// The cases: every action of every destination that can run, alone and in a batch, with settings and
// mappings made from its definition, against peers that answer in several ways.

const PEERS = {
  empty: { status: 200, body: '{}' },
  rich: { status: 200, body: JSON.stringify({ id: '7', ok: true, success: true, data: { id: '7', attributes: { id: '7' } }, results: [{ id: '7', properties: { email: 'ann@example.com' } }], access_token: 'fresh' }) },
  wrong: { status: 400, body: JSON.stringify({ message: 'wrong', error: { message: 'wrong', code: 1 }, errors: [{ message: 'wrong' }] }) },
  stranger: { status: 401, body: JSON.stringify({ message: 'who are you?' }) },
}

const PROPERTIES = {
  order_id: 'o1', orderId: 'o1', total: 49.99, revenue: 49.99, value: 49.99, price: 49.99, currency: 'USD', quantity: 1, email: 'ann@example.com',
  product_id: 'p1', name: 'Shirt', category: 'Tops', sku: 's1', query: 'shirt', plan: 'pro', coupon: 'C',
  products: [{ product_id: 'p1', productId: 'p1', sku: 's1', name: 'Shirt', price: 49.99, quantity: 1, category: 'Tops', brand: 'B' }],
}

const CONTEXT = {
  ip: '203.0.113.7', locale: 'en-US', timezone: 'Europe/Berlin',
  userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  page: { url: 'https://shop.example/a?x=1', path: '/a', title: 'A', referrer: 'https://search.example/', search: '?x=1' },
  library: { name: 'analytics.js', version: '2.0' }, app: { name: 'Shop', version: '1.2', build: '3', namespace: 'com.shop' },
  device: { id: 'd1', type: 'ios', token: 't1', advertisingId: 'ad1', idfa: 'ad1', manufacturer: 'Apple', model: 'X' },
  os: { name: 'iOS', version: '17' }, screen: { width: 10, height: 20, density: 2 }, network: { wifi: true },
  campaign: { source: 's', medium: 'm', name: 'n', term: 't', content: 'c' }, location: { country: 'DE', city: 'Berlin', latitude: 52.5, longitude: 13.4 },
  traits: { email: 'ann@example.com', phone: '+4930123456', firstName: 'Ann', lastName: 'Bee', address: { city: 'Berlin', country: 'DE', postalCode: '10115', state: 'BE', street: 'A 1' } },
  personas: { computation_class: 'audience', computation_key: 'vip', computation_id: 'c1', external_audience_id: 'x1', audience_settings: {} },
}

const base = { userId: 'u1', anonymousId: 'a1', messageId: 'm1', timestamp: '2026-01-15T12:00:00.000Z', receivedAt: '2026-01-15T12:00:01.000Z', sentAt: '2026-01-15T12:00:00.500Z', originalTimestamp: '2026-01-15T12:00:00.000Z', context: CONTEXT, integrations: {}, channel: 'client', version: '2' }

const EVENTS = {
  track: { ...base, type: 'track', event: 'Order Completed', properties: { ...PROPERTIES, vip: true } },
  identify: { ...base, type: 'identify', traits: { ...CONTEXT.traits, plan: 'pro', vip: true, created_at: '2025-01-01T00:00:00Z' } },
}

const SAMPLES = { email: 'ann@example.com', uri: 'https://example.com/x', date: '2026-01-15', 'date-time': '2026-01-15T12:00:00Z', ipv4: '203.0.113.7', hostname: 'example.com', uuid: '123e4567-e89b-42d3-a456-426614174000' }

// What a setting is about that has no format.
const ADDRESS = /url|endpoint/i

function sample({ key, type, format, choices, properties, multiple, default: value }) {
  if (value !== undefined && value !== null && !(typeof value === 'object' && Object.keys(value).some((name) => name.startsWith('@')))) return value
  const choice = Array.isArray(choices) ? choices[0] : undefined
  const one = choice !== undefined ? (choice.value ?? choice)
    : type === 'boolean' ? true
    : type === 'number' || type === 'integer' ? 1
    : type === 'datetime' ? '2026-01-15T12:00:00Z'
    : type === 'object' ? Object.fromEntries((properties ?? []).map((field) => [field.key, sample(field)]))
    : SAMPLES[format] ?? (type === 'string' && ADDRESS.test(key) ? SAMPLES.uri : `test-${key}`)
  return multiple ? [one] : one
}

const settingsOf = (entry) => Object.fromEntries(entry.settings.filter(({ required, default: value }) => required === true || value !== undefined).map((field) => [field.key, sample(field)]))

function mappingOf(action, isFull) {
  const mapping = {}
  for (const field of action.fields) {
    if (field.default !== undefined) mapping[field.key] = field.default
    else if (field.required === true || isFull) mapping[field.key] = sample(field)
  }
  return mapping
}

const PASSES = [
  { event: 'track', peer: 'empty' }, { event: 'identify', peer: 'empty' }, { event: 'track', peer: 'rich' },
  { event: 'track', peer: 'wrong' }, { event: 'track', peer: 'stranger' }, { event: 'identify', peer: 'rich', isFull: true },
]

export function* cases(catalogue) {
  for (const entry of catalogue.destinations.filter(({ unavailable }) => !unavailable)) {
    const environment = Object.fromEntries((entry.environment ?? []).map((name) => [name, `test-${name}`]))
    for (const action of entry.actions) {
      for (const { event, peer, isFull } of PASSES) {
        for (const batch of action.batches ? [false, true] : [false]) {
          const events = batch ? [EVENTS[event], { ...EVENTS[event], userId: 'u2', messageId: 'm2' }] : [EVENTS[event]]
          yield {
            slug: entry.slug, directory: entry.directory, environment, action: action.slug, batch,
            settings: settingsOf(entry), auth: { accessToken: 'test-access', refreshToken: '', clientId: '', clientSecret: '' },
            mapping: mappingOf(action, isFull), events, peer: PEERS[peer], pass: `${event}/${peer}${isFull ? '/full' : ''}`,
          }
        }
      }
    }
  }
}
