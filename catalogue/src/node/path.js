// Node's `path`, for joining names.

const join = (...parts) => parts.filter(Boolean).join('/').replace(/\/+/g, '/')
const dirname = (text) => text.replace(/\/[^/]*$/, '') || '.'
const basename = (text, end = '') => text.replace(/.*\//, '').replace(new RegExp(`${end.replace(/[.]/g, '\\.')}$`), '')
module.exports = { join, resolve: join, dirname, basename, extname: (text) => /\.[^./]*$/.exec(text)?.[0] ?? '', sep: '/' }
