// Stands between an SDK and the server, and does what networks do: it refuses while the server is
// away, and it loses answers.

import { EventEmitter, once } from 'node:events'
import { connect, createServer } from 'node:net'

// Emits `refused` when a connection came while the server was away, `lost` when an answer was lost.
export class Relay extends EventEmitter {
  #server
  #listener
  #clients = new Set()
  #answersToLose = 0
  url

  static async start(server) {
    const relay = new Relay()
    relay.#server = server
    relay.#listener = createServer((client) => relay.#carry(client)).listen(0, '127.0.0.1')
    await once(relay.#listener, 'listening')
    relay.url = `http://127.0.0.1:${relay.#listener.address().port}`
    return relay
  }

  // The server will do as it is asked, but the sender will not hear of it.
  loseNextAnswer() {
    this.#answersToLose += 1
  }

  async end() {
    for (const client of this.#clients) client.destroy()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  #carry(client) {
    this.#clients.add(client)
    client.on('error', () => {}).on('close', () => this.#clients.delete(client))
    if (!this.#server.url) {
      client.destroy()
      this.emit('refused')
      return
    }
    const upstream = connect(new URL(this.#server.url).port, '127.0.0.1')
    upstream.on('error', () => {}).on('close', () => client.destroy())
    client.on('data', (bytes) => upstream.write(bytes)).on('close', () => upstream.destroy())
    upstream.on('data', (bytes) => {
      if (this.#answersToLose === 0) {
        client.write(bytes)
        return
      }
      this.#answersToLose -= 1
      client.destroy()
      this.emit('lost')
    })
  }
}
