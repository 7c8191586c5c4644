// The first script of every published destination: what they share, and `main`, which the host
// calls. A destination's own script registers its definition with `__destination`; a last one sets
// `__configuration`.

const { Buffer } = require('buffer')
globalThis.Buffer = Buffer

const modules = { ...require('sluice:shared') }
globalThis.__library = (name, module) => {
  modules[name] = () => module
}
globalThis.__require = (name) => {
  if (!(name in modules)) throw new Error(`there is no module ${name}`)
  return modules[name]()
}

const { Destination } = require('@segment/actions-core')
const { resolved, transform } = require('./mapping.js')

// For runs without a configuration.
globalThis.__resolved = resolved
globalThis.__made = () => destination

let destination
globalThis.__destination = (definition) => {
  destination = new Destination(definition)
}

// Access tokens that were fetched anew; one at a time.
let fresh = {}
let refreshing = null

const settings = () => ({ ...globalThis.__configuration.settings })
const auth = () => ({ ...globalThis.__configuration.auth, ...fresh })
const canRefresh = () =>
  typeof destination.authentication?.refreshAccessToken === 'function' && Boolean(auth().refreshToken)

async function refresh() {
  refreshing ??= destination
    .refreshAccessToken({ ...settings(), oauth: auth() }, auth())
    .then((token) => {
      fresh = { accessToken: token.accessToken, ...(token.refreshToken ? { refreshToken: token.refreshToken } : {}) }
    })
    .finally(() => {
      refreshing = null
    })
  return refreshing
}

const kept = new Map()
const stateContext = {
  getRequestContext: (key, callback) => callback?.(kept.get(key)) ?? kept.get(key),
  setResponseContext: (key, value) => kept.set(key, value),
}

function transaction() {
  const transactionContext = { transaction: {}, setTransaction: (key, value) => (transactionContext.transaction[key] = value) }
  return transactionContext
}

// Switches of single destinations that tell the events of a batch apart.
const FEATURES = { 'mixpanel-multistatus': true }

const INVALID = ['AggregateAjvError', 'ValidationError']
const AWAY = ['FetchError', 'TimeoutError', 'RequestTimeoutError', 'RequestClientError', 'AbortError']

const statusOf = (error) =>
  error?.response?.status ?? error?.status ?? (INVALID.includes(error?.name) ? 400 : undefined)

// Whether other requests would fare no better.
const isOver = ({ name, status }) =>
  status === undefined ? AWAY.includes(name) : status >= 500 || [401, 403, 408, 423, 429].includes(status)

// What the host needs to know of an error in order to decide what becomes of the event.
function described(error) {
  const response = error?.response
  const content = typeof response?.content === 'string' ? response.content : undefined
  return {
    name: error?.name ?? 'Error',
    message: String(error?.message ?? error),
    code: typeof error?.code === 'string' || typeof error?.code === 'number' ? String(error.code) : undefined,
    status: Number.isInteger(statusOf(error)) ? statusOf(error) : undefined,
    retryAfter: response?.headers?.get?.('retry-after') ?? undefined,
    answered: response !== undefined,
    content: content?.slice(0, 300),
  }
}

async function once(act) {
  try {
    return await act()
  } catch (error) {
    if (statusOf(error) !== 401 || !canRefresh()) throw error
    await refresh()
    return await act()
  }
}

function input(subscription, signal, context) {
  const { id, mapping } = subscription
  return {
    mapping,
    settings: settings(),
    auth: auth(),
    features: FEATURES,
    statsContext: {},
    logger: console,
    transactionContext: context,
    stateContext,
    subscriptionMetadata: { actionConfigId: id, destinationConfigId: globalThis.__configuration.id },
    signal,
  }
}

async function runAction(subscription, event, payload, signal, context) {
  // A payload belongs to one run: an action may change what it gets.
  const own = payload === undefined ? event : { ...event }
  if (payload !== undefined) resolved.set(own, payload)
  try {
    await once(() => destination.executeAction(subscription.action, { ...input(subscription, signal, context), event: own }))
    return {}
  } catch (error) {
    return { error: described(error) }
  } finally {
    destination.responses = []
  }
}

async function runBatch(subscription, events, payloads, signal) {
  if (payloads !== undefined) events.forEach((event, i) => resolved.set(event, payloads[i]))
  try {
    const context = transaction()
    const results = await once(() =>
      destination.executeBatch(subscription.action, { ...input(subscription, signal, context), events }),
    )
    return {
      each: results.map(({ status, errortype, errormessage }) => ({ status, code: errortype, message: errormessage })),
    }
  } catch (error) {
    return { error: described(error) }
  } finally {
    destination.responses = []
  }
}

let settingsError
function checkSettings() {
  if (settingsError === undefined) {
    try {
      destination.validateSettings(settings())
      settingsError = null
    } catch (error) {
      settingsError = error
    }
  }
  if (settingsError) throw settingsError
}

globalThis.main = async (argument, { signal }) => {
  if (argument.validate) return checkSettings() ?? null
  if (argument.map) return transform(argument.map.mapping, argument.map.event)
  if (argument.authenticate) {
    try {
      await once(() => destination.testAuthentication({ ...settings(), oauth: auth() }))
      return {}
    } catch (error) {
      return { error: described(error) }
    }
  }
  try {
    checkSettings()
  } catch (error) {
    return { settings: String(error.message) }
  }
  const { subscriptions } = globalThis.__configuration
  if (argument.batch) {
    const { subscription, events, payloads } = argument.batch
    return runBatch(subscriptions[subscription], events, payloads, signal)
  }
  const context = transaction()
  const results = []
  for (const { subscription, payload } of argument.runs) {
    const result = await runAction(subscriptions[subscription], argument.event, payload, signal, context)
    results.push(result)
    if (result.error && isOver(result.error)) break
  }
  return { runs: results }
}
