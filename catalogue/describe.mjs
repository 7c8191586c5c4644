// What the catalogue says about the destinations: everything that a form, the API and the server
// need to know without running one.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

const AWS = 'It takes its credentials from a role of the machine that Segment runs it on, which a server of your own does not have.'
const ENGAGE = "It asks Segment's own Profile API for the people it writes to."
const RETURNS = "It sends nothing itself: what it gives goes on inside Segment's own service."

// Destinations that cannot run outside Segment, by folder, and why.
const UNAVAILABLE = {
  kafka: "It speaks Kafka's own protocol over TCP; only HTTP leaves the sandbox.",
  sftp: 'It speaks SSH over TCP; only HTTP leaves the sandbox.',
  'liveramp-audiences': 'It uploads by SFTP or with AWS credentials of the machine; only HTTP leaves the sandbox.',
  'aws-s3': AWS,
  s3: AWS,
  'aws-kinesis': AWS,
  'amazon-eventbridge': AWS,
  'the-trade-desk-crm': AWS,
  'engage-messaging-sendgrid': ENGAGE,
  'engage-messaging-twilio': ENGAGE,
  'twilio-studio': ENGAGE,
  segment: RETURNS,
  'segment-profiles': RETURNS,
  noop: RETURNS,
}

const FIELD_KEYS = [
  'label', 'description', 'type', 'multiple', 'required', 'default', 'choices', 'format', 'placeholder', 'allowNull',
  'additionalProperties', 'minimum', 'maximum', 'depends_on', 'category', 'unsafe_hidden', 'readOnly', 'dynamic',
  'disabledInputMethods', 'defaultObjectUI',
]

function field(definition) {
  const shown = {}
  for (const key of FIELD_KEYS) {
    const value = definition[key]
    if (value !== undefined) shown[key] = typeof value === 'function' ? true : value
  }
  if (definition.properties) shown.properties = fieldsOf(definition.properties)
  return shown
}

// As a list: their order is the form's.
export const fieldsOf = (all) => Object.entries(all ?? {}).map(([key, definition]) => ({ key, ...field(definition) }))

export function presetOf(actions, { name, subscribe, partnerAction, mapping, type }) {
  const defaults = {}
  for (const [key, { default: value }] of Object.entries(actions[partnerAction].fields ?? {})) {
    if (value !== undefined) defaults[key] = value
  }
  return { name, trigger: subscribe ?? '', action: partnerAction, mapping: { ...defaults, ...mapping }, type: type ?? 'automatic' }
}

function destination(id, directory, definition) {
  const actions = definition.actions ?? {}
  return {
    id,
    directory,
    slug: definition.slug ?? `actions-${directory}`,
    name: definition.name,
    description: definition.description,
    scheme: definition.authentication?.scheme ?? 'none',
    refreshes: typeof definition.authentication?.refreshAccessToken === 'function',
    deletes: typeof definition.onDelete === 'function' ? true : undefined,
    tests: typeof definition.authentication?.testAuthentication === 'function',
    settings: fieldsOf(definition.authentication?.fields),
    audiences: definition.audienceConfig !== undefined || definition.audienceFields !== undefined,
    actions: Object.entries(actions).map(([slug, action]) => ({
      slug,
      title: action.title,
      description: action.description,
      trigger: action.defaultSubscription,
      hidden: action.hidden === true ? true : undefined,
      batches: typeof action.performBatch === 'function',
      fields: fieldsOf(action.fields),
    })),
    // Those without a trigger are for Segment's audiences and journeys.
    presets: (definition.presets ?? []).filter((one) => actions[one.partnerAction] && one.subscribe).map((one) => presetOf(actions, one)),
    unavailable: UNAVAILABLE[directory],
  }
}

export function describe({ manifest }) {
  const { version } = require('@segment/action-destinations/package.json')
  const destinations = Object.entries(manifest).map(([id, { definition, directory }]) => destination(id, directory, definition))
  const slugs = new Set(destinations.map(({ slug }) => slug))
  if (slugs.size !== destinations.length) throw new Error('two destinations have one slug')
  destinations.sort((a, b) => (a.slug < b.slug ? -1 : 1))
  return { version, destinations }
}
