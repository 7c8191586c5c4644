// Node's `url`: the classes, and the old parse for what still asks for it.

module.exports = {
  URL,
  URLSearchParams,
  parse(text) {
    const url = new URL(text)
    const auth = url.username ? `${url.username}:${url.password}` : null
    const query = url.search.replace(/^\?/, '') || null
    const { protocol, host, port, hostname, hash, pathname, href } = url
    return { protocol, slashes: true, auth, host, port: port || null, hostname, hash: hash || null, search: url.search || null, query, pathname, path: pathname + url.search, href }
  },
  format: (url) => url.href ?? String(url),
}
