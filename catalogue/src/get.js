// In place of actions-core's `get`, which splits its path with a regular expression at every call:
// the same paths come again and again.

const SPLIT = /\[(?="|'|\d)|\.|(?<="|'|\d)]+/g
const PATHS_MAX = 5000
const paths = new Map()

function split(path) {
  let parts = paths.get(path)
  if (parts === undefined) {
    parts = path.split(SPLIT).filter((part) => part).map((part) => part.replace(/'|"/g, ''))
    if (paths.size < PATHS_MAX) paths.set(path, parts)
  }
  return parts
}

exports.get = function get(object, path) {
  if (path === '' || path === '.') return object
  if (path === null || path === undefined) return undefined
  let value = object
  for (const part of Array.isArray(path) ? path : split(path)) value = value && value[part]
  return value
}
