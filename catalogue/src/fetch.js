// In place of cross-fetch: the sandbox's own, so that there is one class of each.

module.exports = globalThis.fetch
Object.assign(module.exports, { default: globalThis.fetch, fetch: globalThis.fetch, Headers, Request, Response })
