// What the published browser destinations use of `@segment/actions-core`, which as a whole is made for
// servers.

export const isObject = (value) => Object.prototype.toString.call(value) === '[object Object]'
export const isArray = Array.isArray

export function defaultValues(fields) {
  const values = {}
  for (const [key, { default: value }] of Object.entries(fields)) if (value !== undefined) values[key] = value
  return values
}

export function omit(object, keys) {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
}

// Of `@segment/actions-shared`: false for nothing, an empty text and an empty list or object.
export const isNonEmpty = (value) =>
  value === null || value !== undefined && value !== '' && (typeof value !== 'object' || Object.keys(value).length > 0)
