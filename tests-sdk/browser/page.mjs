// A browser, a shop's web server, and the pages with the snippet on them.

import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.env.SLUICE_BROWSER_TOOLS, 'package.json'))
const { chromium } = require('playwright-core')

// Amplitude's browser SDK, as its script tag loads it.
export const AMPLITUDE = join(process.env.SLUICE_BROWSER_TOOLS, 'node_modules/@amplitude/analytics-browser/lib/scripts/amplitude-min.js')

export const EXAMPLES = join(import.meta.dirname, '..', 'examples', 'browser')
export const SNIPPETS = ['snippet-4.15.3.html', 'snippet-5.2.0.html']

// Every name ends at this machine; what is asked for elsewhere is seen, and fails.
export function launch() {
  return chromium.launch({
    executablePath: process.env.SLUICE_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP *.shop.test 127.0.0.1'],
  })
}

// The snippet as it is printed in Segment's guides, with the host and the key put in. `options` go
// into its call of `load`.
export function snippet(file, server, writeKey, options) {
  const load = options ? `analytics.load("${writeKey}", ${JSON.stringify(options)})` : `analytics.load("${writeKey}")`
  return readFileSync(join(EXAMPLES, file), 'utf8')
    .replaceAll('http://127.0.0.1:8080', server.url)
    .replaceAll('analytics.load("YOUR_WRITE_KEY")', load)
    .replaceAll('YOUR_WRITE_KEY', writeKey)
}

// Serves the same page under every path.
export class Shop {
  #server
  html = ''

  static async open() {
    const shop = new Shop()
    shop.#server = createServer((request, answer) => {
      answer.setHeader('content-type', 'text/html; charset=utf-8')
      answer.end(request.url === '/favicon.ico' ? '' : shop.html)
    })
    shop.#server.listen(0, '127.0.0.1')
    await once(shop.#server, 'listening')
    return shop
  }

  url(path = '/', host = '127.0.0.1') {
    return `http://${host}:${this.#server.address().port}${path}`
  }

  close() {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

// A visitor: cookies and storage of their own, and a list of all that their pages asked for.
export class Visitor {
  requests = []

  static async come(browser, shop, head) {
    const visitor = new Visitor()
    shop.html = `<!doctype html><html><head><title>Shop</title>${head}</head><body>Goods</body></html>`
    visitor.context = await browser.newContext({ locale: 'nb-NO', timezoneId: 'Europe/Oslo' })
    visitor.context.on('request', (request) => visitor.requests.push(request))
    visitor.page = await visitor.context.newPage()
    return visitor
  }

  async open(url) {
    await this.page.goto(url)
    await this.ready()
  }

  // Until the script that the snippet loads has taken over the calls that were queued.
  ready() {
    return this.page.waitForFunction(() => window.analytics?.initialized === true)
  }

  // The paths and bodies posted so far.
  posts(pattern = /.*/) {
    return this.requests
      .filter((request) => request.method() === 'POST' && pattern.test(new URL(request.url()).pathname))
      .map((request) => ({ path: new URL(request.url()).pathname, body: request.postDataJSON() }))
  }

  hosts() {
    return new Set(this.requests.map((request) => new URL(request.url()))
      .filter((url) => url.protocol.startsWith('http')).map((url) => url.host))
  }

  leave() {
    return this.context.close()
  }
}
