// Values: numbers as people write them, lists that Amplitude cannot take, paths into an event.

const OPTION_KEYS = ['Amplitude', 'Actions Amplitude']

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

// `integrations.Amplitude`, if it holds options.
export function optionsOf(event) {
  const key = OPTION_KEYS.find((key) => isObject(event.integrations?.[key]))
  return key ? event.integrations[key] : {}
}

// A number, or a text that is one behind a dollar sign; else nothing.
export function number(value) {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim().replace(/^(-?)\s*\$\s*/, '$1').trim()
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

// A text that says something, or a number as one.
export function text(value) {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function at(object, path) {
  return path.split('.').reduce((value, key) => value?.[key], object)
}

// Amplitude takes no list in a list. `stringify`: the inner one becomes its JSON text; `drop`: it is
// left out; `pass`: as it is.
export function takeable(value, how) {
  if (how === 'pass') return value
  if (Array.isArray(value)) {
    const kept = how === 'drop' ? value.filter((inner) => !Array.isArray(inner)) : value
    return kept.map((inner) => Array.isArray(inner) ? JSON.stringify(inner) : takeable(inner, how))
  }
  if (isObject(value) && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, takeable(inner, how)]))
  }
  return value
}

// The properties of an event's call, with what the settings add to them.
export function eventProperties({ event, settings }, properties) {
  const added = {}
  for (const [path, name] of Object.entries(settings.appendFieldsToEventProps ?? {})) {
    const value = at(event, path)
    if (value !== undefined) added[name] = value
  }
  for (const [name, target] of Object.entries(settings.mapQueryParams ?? {})) {
    const search = event.context?.page?.search
    if (target === 'event_properties' && search) added[name] = search
  }
  return takeable({ ...properties, ...added }, settings.nestedArrays)
}
