// A page of a source whose Amplitude destination the page itself sends to, with the plugin that the
// server gives out and Amplitude's own SDK in it. The other end is a second source of the same server,
// by its Amplitude-compatible API; looked at is both what the SDK posts and what arrives.

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach } from 'node:test'

import { Server, until } from '../node/server.mjs'
import { SNIPPETS, Shop, Visitor, launch, snippet } from './page.mjs'

export class Stage {
  server
  shop
  source
  // Stands for the project at Amplitude.
  project
  visitor
  destination
  number = 0
  #browser

  // One for all tests of a file; a source, a project and a visitor for each.
  static set() {
    const stage = new Stage()
    before(async () => {
      stage.server = await Server.start('[outbound]\nallow_private = true\n')
      stage.#browser = await launch()
      stage.shop = await Shop.open()
    })
    after(async () => {
      stage.shop?.close()
      await stage.#browser?.close()
      await stage.server?.end()
    })
    beforeEach(async () => {
      stage.number += 1
      stage.source = await stage.server.createSource(`page-${stage.number}`)
      stage.project = await stage.server.createSource(`project-${stage.number}`)
    })
    afterEach(async () => {
      const ours = [stage.server.url, stage.shop.url()].map((url) => new URL(url).host)
      const foreign = stage.visitor && [...stage.visitor.hosts()].filter((host) => !ours.includes(host))
      await stage.leave()
      assert.deepEqual(foreign ?? [], [], 'nothing is asked of any other host')
    })
    return stage
  }

  // A visitor on the page, with these settings of the destination. `routing` is what the connection asks
  // for before an event may go to it, `prepare` changes the page's head.
  async come(settings = {}, { path = '/goods', referer, options, routing, prepare = (head) => head } = {}) {
    const { server, source, project, shop } = this
    const answer = await server.api('POST', '/destinations', {
      sourceId: source.id,
      metadataId: 'amplitude',
      settings: { apiKey: project.writeKey, serverUrl: server.url, connectionMode: 'device', ...settings },
    })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.destination = answer.body.data.destination
    if (routing) {
      const put = await server.api('PUT', `/destinations/${this.destination.id}/sources/${source.id}/routing`, routing)
      assert.equal(put.status, 200, JSON.stringify(put.body))
    }
    this.visitor = await Visitor.come(this.#browser, shop, prepare(snippet(SNIPPETS[1], server, source.writeKey, options)))
    await this.visitor.page.goto(shop.url(path), { referer })
    await this.visitor.ready()
  }

  async leave() {
    await this.visitor?.leave()
    this.visitor = undefined
  }

  inPage(act, argument) {
    return this.visitor.page.evaluate(act, argument)
  }

  // Once the SDK has started.
  deviceId() {
    return this.inPage(async () => {
      await new Promise((ready) => analytics.ready(ready))
      return amplitude.getInstance().options.deviceId
    })
  }

  // The events that the SDK has posted so far, oldest first; the SDK's own names.
  posted() {
    return this.visitor.posts(/^\/2\/httpapi$/).flatMap(({ body }) => body.events)
  }

  // Once so many were posted that `wanted` takes.
  events(count, wanted = ({ event_type: name }) => name !== '$identify') {
    return until(`${count} events at Amplitude`, async () => {
      const found = this.posted().filter(wanted)
      return found.length >= count ? found : undefined
    })
  }

  identifies(count) {
    return this.events(count, ({ event_type: name }) => name === '$identify')
  }

  // What the server did with the events of the page, once it has seen so many.
  leftAlone(count) {
    return until('what the server left alone', async () => {
      const { body } = await this.server.api('GET', '/deliveries')
      const found = body.data.deliveries.find((one) => one.destinationId === this.destination.id)
      return found?.received >= count && found.waiting === 0 ? { filtered: found.filtered, delivered: found.delivered } : undefined
    })
  }

  async filter(condition, ...actions) {
    const filter = { title: 'a filter', if: condition, enabled: true, actions }
    const answer = await this.server.api('POST', `/destinations/${this.destination.id}/filters`, filter)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  }
}
