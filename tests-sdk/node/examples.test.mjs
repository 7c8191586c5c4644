// The lines that Segment's users know, run as they stand in examples/ with a write key and the
// server's address put in.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'

import { Server, until } from './server.mjs'

const run = promisify(execFile)
const EXAMPLES = join(import.meta.dirname, '..', 'examples')

// File, and what must be there afterwards: event name (`$identify` for an identify) and properties.
const EXPECTED = {
  'curl-track.sh': [['Item Purchased', { revenue: 39.95, product_id: 'SKU_123' }, '2024-01-15T10:30:00.000Z']],
  'analytics-node-track.js': [['Email Sent', { subject: 'Welcome!', template: 'onboarding_day_1', recipient_count: 1 }]],
  'analytics-node-server.js': [
    ['Server Event', { action: 'data_export', records: 10000 }],
    ['$identify', { email: 'user@example.com', plan: 'Enterprise' }],
  ],
  'segment-analytics-node.js': [['Subscription Renewed', { plan: 'annual', revenue: 599, currency: 'USD' }]],
  'python_api_request.py': [['API Request', { endpoint: '/api/users', method: 'GET', response_time_ms: 45 }]],
  'python_background_job.py': [
    ['Background Job', { job_type: 'email_campaign', recipients: 1000 }],
    ['$identify', { email: 'user@example.com', plan: 'Enterprise' }],
  ],
  'python_subscription_renewed.py': [['Subscription Renewed', { plan: 'annual', revenue: 599, currency: 'USD' }]],
}

// Node's examples await at the top, which only a module or a function may.
const RUNNERS = {
  sh: (text) => ['bash', ['-c', text]],
  js: (text) => [process.execPath, ['-e', `(async () => {${text}})()`]],
  py: (text) => [process.env.SLUICE_PYTHON ?? 'python3', ['-c', text]],
}

describe('examples', () => {
  let server
  before(async () => { server = await Server.start() })
  after(() => server.end())

  for (const [file, expected] of Object.entries(EXPECTED)) {
    test(`${file} works with only the host changed`, async () => {
      const source = await server.createSource(file.replaceAll(/[^a-z]/g, '-'))
      const text = (await readFile(join(EXAMPLES, file), 'utf8'))
        .replaceAll('YOUR_WRITE_KEY', source.writeKey)
        .replaceAll('http://127.0.0.1:8080', server.url)
      const [program, args] = RUNNERS[file.split('.').pop()](text)
      const env = { ...process.env, NODE_PATH: join(process.env.SLUICE_SDKS, 'node_modules') }
      await run(program, args, { env, timeout: 60_000 })
      const account = await server.account(source.id, expected.length)
      assert.equal(account.accepted, expected.length, JSON.stringify(account))
      for (const [name, facts, at] of expected) {
        const userId = text.includes('USER_123') ? 'USER_123' : 'user_12345'
        const event = await until(`${name} of ${userId}`, async () => {
          const events = await server.eventsOf(userId, source.id)
          return events.find((event) => event.name === name)?.event
        })
        assert.deepEqual(event.properties ?? event.traits, facts)
        if (at) assert.equal(event.timestamp, at)
      }
    })
  }
})
