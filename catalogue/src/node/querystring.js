// Node's `querystring`, over URLSearchParams.

exports.stringify = (object) => {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(object)) for (const one of [value].flat()) params.append(name, one)
  return params.toString()
}
exports.parse = (text) => Object.fromEntries(new URLSearchParams(text))
exports.escape = encodeURIComponent
exports.unescape = decodeURIComponent
