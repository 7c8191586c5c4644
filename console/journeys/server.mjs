// The real server on a free port, a receiver beside it, and a browser.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const require = createRequire(join(process.env.SLUICE_BROWSER_TOOLS, 'package.json'))
const { chromium } = require('playwright-core')

const running = new Set()
process.on('exit', () => { for (const child of running) child.kill('SIGKILL') })

/**
 * Starts the server with an empty data folder; gives its address and the address of its set-up.
 * `outbound` are lines of its configuration.
 */
export async function startServer(outbound = 'allow_private = true') {
  const data = await mkdtemp(join(tmpdir(), 'sluice-console-'))
  const config = join(data, 'sluice.toml')
  await writeFile(config, `[outbound]\n${outbound}\n`)
  const args = ['serve', '--data', join(data, 'data'), '--listen', '127.0.0.1:0', '--config', config]
  const env = { ...process.env, SLUICE_LOG: 'warn', SLUICE_ADMIN_TOKEN: '' }
  const child = spawn(process.env.SLUICE_BIN, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  const seen = {}
  const said = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      seen.setup ??= /(http:\/\/\S+\/setup\?token=\S+)/.exec(line)?.[1]
      seen.url ??= /listening on (http:\/\/\S+)/.exec(line)?.[1]
      if (seen.setup && seen.url) return seen
    }
    throw new Error('the server ended before it listened')
  })()
  const { url, setup } = await said
  child.stdout.resume()
  return {
    url,
    setup,
    async end() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      running.delete(child)
      await exited
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** Starts the demonstration; gives its address and a link that signs in, once its events are in. */
export async function startDemo() {
  const data = await mkdtemp(join(tmpdir(), 'sluice-demo-'))
  const args = ['demo', '--data', join(data, 'data'), '--listen', '127.0.0.1:0']
  const child = spawn(process.env.SLUICE_BIN, args, { env: { ...process.env, SLUICE_LOG: 'warn' }, stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const signIn = /(http:\/\/\S+\/sign-in\?link=\S+)/.exec(line)?.[1]
    if (!signIn) continue
    child.stdout.resume()
    return {
      url: new URL(signIn).origin,
      signIn,
      async end() {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        running.delete(child)
        await exited
        await rm(data, { recursive: true, force: true })
      },
    }
  }
  throw new Error('the demonstration ended before it was ready')
}

/** An HTTP receiver that keeps the bodies it gets and answers with `status`. */
export async function startReceiver() {
  const receiver = { bodies: [], status: 200 }
  const listener = createServer(async (request, response) => {
    const parts = []
    for await (const part of request) parts.push(part)
    receiver.bodies.push(Buffer.concat(parts).toString())
    response.writeHead(receiver.status).end(receiver.status < 300 ? 'ok' : 'no such field: revenue')
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  receiver.url = `http://127.0.0.1:${listener.address().port}/hook`
  receiver.end = () => { listener.closeAllConnections(); listener.close() }
  return receiver
}

export const launch = () => chromium.launch({
  executablePath: process.env.SLUICE_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'],
})

/** Makes the first account of a new server and its workspace; ends at Home. */
export async function setUp(page, server, { email, name, password }) {
  await page.goto(server.setup)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Email').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByLabel('Workspace').fill('First')
  await page.getByRole('button', { name: 'Create the workspace' }).click()
  await page.getByRole('heading', { name: 'Is everything that came in where it should be?' }).waitFor()
}

/** A source made by the API with the session of a page's context; gives its write key. */
export async function makeSource(context, url, slug, name) {
  const { csrfToken } = (await (await context.request.get(`${url}/api/v1/session`)).json()).data
  const made = await context.request.post(`${url}/api/v1/sources`, { headers: { 'x-csrf-token': csrfToken, origin: url }, data: { slug, name, enabled: true } })
  return (await made.json()).data.source.writeKeys[0]
}

/** No page may break, ask a host besides `others`, or fail axe's rules for WCAG 2 A and AA. */
export function watched(origin, ...others) {
  const broken = []
  return {
    broken,
    watch(page) {
      page.on('pageerror', (error) => broken.push(error.message))
      page.on('request', (request) => {
        if (![origin, ...others].some((one) => request.url().startsWith(one))) broken.push(`asked elsewhere: ${request.url()}`)
      })
    },
    async assertSound(page, what) {
      assert.deepEqual(broken, [], what)
      // What still fades in has less contrast than it will have.
      await page.evaluate(() => Promise.all(document.getAnimations()
        .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
        .map((one) => one.finished.catch(() => undefined))))
      const found = await page.evaluate(`${require('axe-core').source}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] })`)
      const serious = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
      assert.deepEqual(serious, [], `axe on ${what}`)
    },
  }
}
