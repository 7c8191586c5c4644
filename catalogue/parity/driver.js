// Runs one case in whatever engine has loaded the destination: the same file in Node and in the
// sandbox. The clock stands still and chance gives nothing, so that what differs is the engine's.

const NOW = Date.UTC(2026, 0, 15, 12, 30, 0)
const RealDate = Date

class StillDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(NOW)
    else super(...parts)
  }
  static now() {
    return NOW
  }
}

globalThis.Date = StillDate
Math.random = () => 0.5

// Errors that the engines themselves throw, each in its own words.
const OF_ENGINES = [TypeError, SyntaxError, RangeError]
const text = (error) => (OF_ENGINES.some((kind) => error instanceof kind) ? '' : String(error?.message ?? error))

globalThis.parityRun = async (destination, { action, batch, settings, auth, mapping, events }, signal) => {
  const input = {
    mapping, settings: { ...settings }, auth: { ...auth }, features: {}, statsContext: {},
    logger: { debug() {}, info() {}, warn() {}, error() {}, crit() {}, log() {}, withTags() {} },
    transactionContext: { transaction: {}, setTransaction() {} },
    stateContext: { getRequestContext() {}, setResponseContext() {} },
    subscriptionMetadata: {},
    signal,
  }
  try {
    destination.validateSettings(input.settings)
    if (!batch) {
      await destination.executeAction(action, { ...input, event: events[0] })
      return { outcome: 'done' }
    }
    const results = await destination.executeBatch(action, { ...input, events })
    return { outcome: 'done', each: results.map(({ status, errortype, errormessage }) => ({ status, errortype, errormessage })) }
  } catch (error) {
    const status = error?.response?.status ?? error?.status
    return { outcome: 'threw', name: error?.name, message: text(error), code: error?.code, status }
  } finally {
    destination.responses = []
  }
}
