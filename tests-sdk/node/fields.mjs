// Compares what an SDK sent with what the server keeps.

import assert from 'node:assert/strict'

// What the server adds or sets anew; everything else must be as it was sent.
const SET_BY_SERVER = [
  'channel', 'originalTimestamp', 'projectId', 'receivedAt', 'sentAt', 'timestamp', 'version', 'writeKey',
]

function comparable(event) {
  const plain = JSON.parse(JSON.stringify(event))
  for (const [key, value] of Object.entries(plain)) {
    // An explicit null at the top level means the same as no field.
    if (value === null || SET_BY_SERVER.includes(key)) delete plain[key]
  }
  plain.integrations ??= {}
  return plain
}

export function assertArrived(sent, kept, sourceId) {
  assert.deepEqual(comparable(kept), comparable(sent))
  for (const key of ['properties', 'traits']) {
    assert.equal(JSON.stringify(kept[key]), JSON.stringify(sent[key]), `the order within ${key}`)
  }
  const at = (text) => new Date(text).getTime()
  assert.equal(at(kept.originalTimestamp), at(sent.timestamp))
  const skew = at(kept.sentAt) - at(kept.originalTimestamp)
  assert.ok(Math.abs(at(kept.timestamp) - (at(kept.receivedAt) - skew)) <= 1, 'the corrected time')
  assert.equal(kept.channel, 'server')
  assert.equal(kept.version, 2)
  assert.equal(kept.projectId, sourceId)
  assert.ok(!('writeKey' in kept), 'the write key is stripped')
}
