// Starts the real server, speaks to its API, stops it again.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

const ADMIN_TOKEN = 'sdk-tests-admin-token'
const PATIENCE_MS = 20_000

// No server outlives the tests, however they end.
const running = new Set()
process.on('exit', () => { for (const child of running) child.kill('SIGKILL') })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

export class Server {
  #child
  #data
  #config
  url // only while it runs

  // With this configuration, in TOML.
  static async start(config) {
    const server = new Server()
    server.#data = await mkdtemp(join(tmpdir(), 'sluice-sdk-'))
    if (config) {
      server.#config = join(server.#data, 'sluice.toml')
      await writeFile(server.#config, config)
    }
    await server.startAgain()
    return server
  }

  // With the same data, at another free port.
  async startAgain() {
    const args = ['serve', '--data', this.#data, '--listen', '127.0.0.1:0']
    if (this.#config) args.push('--config', this.#config)
    const env = { ...process.env, SLUICE_ADMIN_TOKEN: ADMIN_TOKEN, SLUICE_LOG: 'warn' }
    this.#child = spawn(process.env.SLUICE_BIN, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    running.add(this.#child)
    this.#child.on('exit', () => running.delete(this.#child))
    const lines = createInterface({ input: this.#child.stdout })
    const exited = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`sluice ended with ${code} before it listened`)
    })
    const listening = new Promise((resolve) => {
      lines.on('line', (line) => {
        const found = /listening on (http:\/\/\S+)/.exec(line)
        if (found) resolve(found[1])
      })
    })
    this.url = await Promise.race([listening, exited])
    exited.catch(() => {}) // from here on the end is expected
  }

  // Asks it to stop; gives its exit code.
  async stop() {
    const exited = once(this.#child, 'exit')
    this.url = undefined
    this.#child.kill('SIGTERM')
    const [code] = await exited
    return code
  }

  async end() {
    if (running.has(this.#child)) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exited
    }
    await rm(this.#data, { recursive: true, force: true })
  }

  async api(method, path, body) {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    const text = await answer.text()
    return { status: answer.status, body: text ? JSON.parse(text) : {} }
  }

  // A call of a server library.
  async send(writeKey, type, event) {
    const answer = await fetch(`${this.url}/v1/${type}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, 'content-type': 'application/json' },
      body: JSON.stringify(event),
    })
    if (answer.status !== 200) throw new Error(`not taken: ${await answer.text()}`)
  }

  async createSource(slug) {
    const request = { slug, name: slug, enabled: true, metadataId: 'http' }
    const answer = await this.api('POST', '/sources', request)
    if (answer.status >= 300) throw new Error(`no source: ${JSON.stringify(answer)}`)
    const { id, writeKeys } = answer.body.data.source
    return { id, writeKey: writeKeys[0] }
  }

  // What came from the source and what became of it, once so many events have been judged.
  async account(sourceId, events) {
    return until(`account of ${events} events`, async () => {
      const answer = await this.api('GET', '/ledger')
      if (answer.status !== 200) throw new Error(`no ledger: ${JSON.stringify(answer)}`)
      const account = answer.body.data.ledger.sources.find((source) => source.sourceId === sourceId)
      return account?.received >= events ? account : undefined
    })
  }

  // The events of the person with this user id that came from the source, newest first, each with
  // the name under which analytics counts it.
  async eventsOf(userId, sourceId) {
    const found = await this.api('GET', `/people?externalId=${encodeURIComponent(`user_id:${userId}`)}`)
    const person = found.body.data?.people[0]
    if (person === undefined) return []
    const listed = await this.api('GET', `/people/${person.id}/events`)
    if (listed.status !== 200) return []
    return listed.body.data.events.filter((event) => event.sourceId === sourceId)
  }

  // The final event with this message id, as soon as it is there.
  async event(sourceId, messageId) {
    const path = `/events/${encodeURIComponent(sourceId)}/${encodeURIComponent(messageId)}`
    return until(`event ${messageId}`, async () => {
      const answer = await this.api('GET', path)
      const receipt = answer.body.data?.receipt
      return receipt?.outcome.state === 'accepted' ? receipt.event : undefined
    })
  }
}

// Asks again until there is an answer; the patience ends well after any sane server has answered.
export async function until(what, ask) {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`${what} is not there after ${PATIENCE_MS} ms`)
    await pause(25)
  }
}
