// In place of @segment/fql-ts, which has no licence. Only the parser of triggers uses it, and
// triggers are decided before anything gets here.

const missing = () => {
  throw new Error('triggers are not decided in JavaScript')
}
module.exports = { lex: missing, types: {} }
