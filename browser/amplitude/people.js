// Identify and group calls: what Amplitude is to know of people, and to which groups they belong.

import { Identify } from '@amplitude/analytics-core'
import { isObject, number, takeable, text } from './values.js'

// The group type of calls that name none.
const FALLBACK_GROUP_TYPE = '[Segment] Group'

export function identifyCalls({ event, options, shared, settings }) {
  const identify = new Identify()
  const lists = (name) => settings[name] ?? []
  for (const [key, given] of Object.entries(event.traits ?? {})) {
    const value = takeable(given, settings.nestedArrays)
    if (lists('traitsToIncrement').includes(key)) {
      if (number(given) !== undefined) identify.add(key, number(given))
    } else if (lists('traitsToSetOnce').includes(key)) identify.setOnce(key, value)
    else if (lists('traitsToAppend').includes(key)) identify.append(key, value)
    else if (lists('traitsToPrepend').includes(key)) identify.prepend(key, value)
    else identify.set(key, value)
  }
  for (const [name, target] of Object.entries(settings.mapQueryParams ?? {})) {
    const search = event.context?.page?.search
    if (target === 'user_properties' && search) identify.set(name, search)
  }
  // Sent without traits too: it is how Amplitude learns that user and device are one.
  const calls = [(client) => client.identify(identify, { ...shared, insert_id: event.messageId })]
  const groups = isObject(options.groups) ? Object.entries(options.groups) : []
  groups.forEach(([type, value], index) => calls.push((client) =>
    client.setGroup(type, value, { ...shared, insert_id: `${event.messageId}-group-${index + 1}` })))
  return calls
}

// The person joins the group, and has it as a user property too, as the SDK does it.
export function groupCalls({ event, shared, settings }) {
  const groupId = text(event.groupId)
  if (groupId === undefined) return []
  const byTrait = (name) => name ? text(event.traits?.[name]) : undefined
  const named = [byTrait(settings.groupTypeTrait), byTrait(settings.groupValueTrait)]
  const [type, value] = named.includes(undefined) ? [FALLBACK_GROUP_TYPE, groupId] : named
  return [(client) => client.setGroup(type, value, { ...shared, insert_id: event.messageId })]
}
