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

const { Destination, MultiStatusResponse } = require('@segment/actions-core')
const { resolved, transform } = require('./mapping.js')

// For runs without a configuration.
globalThis.__resolved = resolved
globalThis.__made = () => destination

let destination
globalThis.__destination = (definition) => {
  destination = new Destination(definition)
}

// Access tokens that were fetched anew, one at a time; the host keeps those that it was not told of.
let fresh = {}
let untold = null
let refreshing = null

const settings = () => ({ ...globalThis.__configuration.settings })
const auth = () => ({ ...globalThis.__configuration.auth, ...fresh })
const canRefresh = () =>
  typeof destination.authentication?.refreshAccessToken === 'function' && Boolean(auth().refreshToken)

// The peer gives no new token, so nothing can be sent until the owner signs in again.
class TokenRefreshError extends Error {
  constructor(cause) {
    super(String(cause?.message ?? cause))
    this.cause = cause
  }
}

async function refresh() {
  refreshing ??= destination
    .refreshAccessToken({ ...settings(), oauth: auth() }, auth())
    .then((token) => {
      if (!token?.accessToken) throw new Error('the answer holds no access token')
      fresh = { ...fresh, accessToken: token.accessToken, ...(token.refreshToken ? { refreshToken: token.refreshToken } : {}) }
      untold = fresh
    })
    .catch((error) => {
      throw isOutOfMemory(error) ? OUT_OF_MEMORY : new TokenRefreshError(error)
    })
    .finally(() => {
      refreshing = null
    })
  return refreshing
}

// What an action keeps between events, such as whom it wrote to lately. The oldest goes first.
const KEPT_MAX = 1_000
const SECONDS = { second: 1, minute: 60, hour: 3600 }
const kept = new Map()
const stateContext = {
  getRequestContext(key, callback) {
    const { value, until } = kept.get(key) ?? {}
    const found = until > Date.now() ? value : undefined
    return callback?.(found) ?? found
  },
  setResponseContext(key, value, lifetime = {}) {
    const [seconds] = Object.entries(lifetime).map(([unit, count]) => (SECONDS[unit] ?? 0) * count)
    kept.delete(key)
    kept.set(key, { value, until: seconds > 0 ? Date.now() + seconds * 1000 : Infinity })
    if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value)
  },
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

// Whether other requests would fare no better. The host says the same of these statuses.
const isOver = ({ name, status, refresh }) => {
  if (refresh) return true
  if (status === undefined) return AWAY.includes(name)
  return (status >= 500 && status !== 501) || [401, 403, 408, 423, 429].includes(status)
}

// Made beforehand: there is no room for it when it is needed.
const OUT_OF_MEMORY = new Error('out of memory')
const isOutOfMemory = (error) =>
  error === null || error === OUT_OF_MEMORY || (error?.name === 'InternalError' && error.message === 'out of memory')

// What the host needs to know of an error in order to decide what becomes of the event. Of the memory's
// end nothing can be decided here: it ends the call.
function described(error) {
  if (isOutOfMemory(error)) throw OUT_OF_MEMORY
  if (error instanceof TokenRefreshError) return { ...described(error.cause), refresh: true }
  const response = error?.response
  const content = typeof response?.content === 'string' ? response.content : undefined
  return {
    name: String(error?.name ?? 'Error'),
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

// An action may give a status for its one event instead of throwing.
function failureOf(results) {
  const given = results?.at?.(-1)?.data
  const status = given instanceof MultiStatusResponse ? given.getResponseAtIndex(0)?.value() : undefined
  if (!(status?.status >= 400)) return undefined
  const message = status.errormessage ?? `the peer answered ${status.status} for this event`
  return Object.assign(new Error(message), { name: 'MultiStatusError', status: status.status, code: status.errortype })
}

// Ends with the call's time, so that what ended before is told. What is on its way goes on without us.
const inTime = (act, signal) =>
  Promise.race([
    act,
    new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason))
    }),
  ])

async function runAction(subscription, event, payload, signal, context) {
  // A payload belongs to one run: an action may change what it gets.
  const own = payload === undefined ? event : { ...event }
  if (payload !== undefined) resolved.set(own, payload)
  const act = async () => {
    const results = await destination.executeAction(subscription.action, { ...input(subscription, signal, context), event: own })
    const failure = failureOf(results)
    if (failure) throw failure
  }
  try {
    await inTime(once(act), signal)
    return {}
  } catch (error) {
    return { error: described(error) }
  } finally {
    destination.responses = []
  }
}

async function runBatch(subscription, events, payloads, signal) {
  if (payloads !== undefined) events.forEach((event, i) => resolved.set(event, payloads[i]))
  const context = transaction()
  const act = (events) =>
    destination.executeBatch(subscription.action, { ...input(subscription, signal, context), events })
  try {
    const results = Array.from(await inTime(once(() => act(events)), signal))
    // A token that has run out may also be told event by event.
    const refused = events.flatMap((_, i) => (Number(results[i]?.status) === 401 ? [i] : []))
    if (refused.length > 0 && canRefresh()) {
      await refresh()
      const again = Array.from(await inTime(act(refused.map((i) => events[i])), signal))
      refused.forEach((i, at) => (results[i] = again[at]))
    }
    return {
      each: Array.from(results, (one) => ({ status: one?.status, code: one?.errortype, message: one?.errormessage })),
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
      if (isOutOfMemory(error)) throw OUT_OF_MEMORY
      settingsError = error
    }
  }
  if (settingsError) throw settingsError
}

globalThis.main = async (argument, context) => {
  const answer = await called(argument, context)
  if (untold && answer && typeof answer === 'object') {
    answer.tokens = untold
    untold = null
  }
  return answer
}

async function called(argument, { signal }) {
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
    if (isOutOfMemory(error)) throw OUT_OF_MEMORY
    return { settings: String(error.message) }
  }
  if (argument.forget) {
    const { forget: userId } = argument
    try {
      await inTime(once(() => destination.onDelete({ userId }, { ...settings(), oauth: auth() })), signal)
      return {}
    } catch (error) {
      return { error: described(error) }
    } finally {
      destination.responses = []
    }
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
