// In place of actions-core's mapping-kit where an action runs: a mapping that the host has resolved
// is taken as it is.

const kit = require('sluice:mapping-kit')

const resolved = new WeakMap()

module.exports = {
  ...kit,
  resolved,
  transform: (mapping, event, stats) =>
    resolved.has(event) ? resolved.get(event) : kit.transform(mapping, event, stats),
  transformBatch: (mapping, events, stats) =>
    events.length > 0 && resolved.has(events[0])
      ? events.map((event) => resolved.get(event))
      : kit.transformBatch(mapping, events, stats),
}
