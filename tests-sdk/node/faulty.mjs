// Stands between Amplitude's SDKs and the server: answers the first uploads itself or falsifies the
// server's answer, then lets the rest pass.

import { createServer } from 'node:http'
import { once } from 'node:events'
import { gunzipSync } from 'node:zlib'

export class Faulty {
  // How many events each upload had, and which methods were used.
  seen = []
  methods = new Set()
  contentTypes = new Set()
  encodings = new Set()
  #listener

  // Each of `answers` is for one upload: `status` and `body`, given `instead` of asking the server or
  // in place of what it answered.
  static async start(server, answers) {
    const faulty = new Faulty()
    faulty.#listener = createServer((request, response) => faulty.#answer(server, answers, request, response))
    faulty.#listener.listen(0, '127.0.0.1')
    await once(faulty.#listener, 'listening')
    faulty.url = `http://127.0.0.1:${faulty.#listener.address().port}`
    return faulty
  }

  async #answer(server, answers, request, response) {
    const parts = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts)
    this.methods.add(request.method)
    const own = request.method === 'POST' ? answers.shift() : undefined
    if (request.method === 'POST') {
      this.contentTypes.add(request.headers['content-type'])
      this.encodings.add(request.headers['content-encoding'])
      const isGzip = body[0] === 0x1f && body[1] === 0x8b
      this.seen.push(JSON.parse(isGzip ? gunzipSync(body) : body).events.length)
    }
    const { host, connection, 'content-length': _, ...headers } = request.headers
    const upstream = own?.instead ? undefined
      : await fetch(`${server.url}${request.url}`, { method: request.method, headers, body: body.length ? body : undefined })
    const answered = upstream && { status: upstream.status, text: await upstream.text() }
    const allowed = [...(upstream?.headers ?? [])].filter(([name]) => name.startsWith('access-control-'))
    if (!upstream) allowed.push(['access-control-allow-origin', request.headers.origin ?? '*'])
    response.writeHead(own?.status ?? answered.status, Object.fromEntries(allowed))
    response.end(own ? JSON.stringify({ code: own.status, ...own.body }) : answered.text)
  }

  end() {
    this.#listener.closeAllConnections()
    this.#listener.close()
  }
}
