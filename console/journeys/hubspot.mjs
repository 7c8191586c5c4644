// A stand-in for HubSpot's contacts API and its OAuth as HubSpot documents them, behind a proxy that
// opens every tunnel to it, with a certificate of an authority of its own. The page on which somebody
// lets a client in is plain HTTP: it is for the browser, and of another site than the console.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer as createProxy } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'

const HOST = 'api.hubapi.com'
const PROPERTIES = ['email', 'firstname', 'lastname', 'company', 'phone', 'city', 'country', 'plan_name']

/** `asked` is what came in; `token`, `client` and `properties` may be changed. */
export async function startHubSpot(folder) {
  const { key, cert, authority } = await certificate(folder)
  const hubspot = { token: 'pat-eu1-first-token', properties: [...PROPERTIES], contacts: new Map(), asked: [], codes: new Map(), client: { id: 'a-client', secret: 'secret-of-a-client' }, authority }
  const api = createServer({ key, cert }, async (request, response) => {
    const parts = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts).toString()
    hubspot.asked.push({ method: request.method, url: request.url, headers: request.headers, body })
    const [status, answer] = answerOf(hubspot, request, body)
    response.writeHead(status, { 'content-type': 'application/json;charset=utf-8' }).end(JSON.stringify(answer))
  })
  const open = new Set()
  const proxy = createProxy().on('connect', (request, socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    api.emit('connection', socket)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  hubspot.proxy = `http://127.0.0.1:${proxy.address().port}`
  const door = createProxy((request, response) => letIn(hubspot, request, response)).listen(0, '127.0.0.1')
  await once(door, 'listening')
  hubspot.door = `http://localhost:${door.address().port}`
  hubspot.end = () => { open.forEach((socket) => socket.destroy()); proxy.close(); door.closeAllConnections(); door.close() }
  return hubspot
}

/** Asks whether the client may come in, and sends the browser back with a code or a refusal (RFC 6749, 4.1). */
function letIn({ client, codes }, request, response) {
  // A browser also asks for an icon.
  if (!request.url.startsWith('/oauth/authorize?')) return response.writeHead(404).end()
  const asked = new URL(request.url, 'http://localhost').searchParams
  const back = new URL(asked.get('redirect_uri'))
  back.searchParams.set('state', asked.get('state'))
  const [yes, no] = [new URL(back), new URL(back)]
  const code = `code-${codes.size + 1}`
  codes.set(code, { redirect: asked.get('redirect_uri'), challenge: asked.get('code_challenge') })
  yes.searchParams.set('code', code)
  no.searchParams.set('error', 'access_denied')
  no.searchParams.set('error_description', 'The owner said no')
  const known = asked.get('client_id') === client.id && asked.get('response_type') === 'code'
  const link = (to, words) => `<a href="${to.href.replaceAll('&', '&amp;')}">${words}</a>`
  response.writeHead(known ? 200 : 400, { 'content-type': 'text/html' })
  response.end(known ? `<title>HubSpot</title>${link(yes, 'Connect app')} ${link(no, 'Cancel')}` : 'unknown client')
}

/** A code for a token, once, for the client that asked for it and has the verifier (RFC 7636). */
function tokenFor(hubspot, body) {
  const asked = new URLSearchParams(body)
  const { client, codes } = hubspot
  if (asked.get('client_id') !== client.id || asked.get('client_secret') !== client.secret) return [401, { error: 'invalid_client' }]
  const given = codes.get(asked.get('code'))
  codes.delete(asked.get('code'))
  const challenge = createHash('sha256').update(asked.get('code_verifier') ?? '').digest('base64url')
  if (given?.redirect !== asked.get('redirect_uri') || given.challenge !== challenge) return [400, { error: 'invalid_grant' }]
  hubspot.token = 'token-by-oauth'
  return [200, { access_token: hubspot.token, refresh_token: 'refresh-by-oauth', token_type: 'bearer', expires_in: 1800 }]
}

function answerOf(hubspot, { method, url, headers }, body) {
  const { token, properties, contacts } = hubspot
  if (method === 'POST' && url === '/oauth/v1/token') return tokenFor(hubspot, body)
  const refusal = (status, category, message) => [status, { status: 'error', message, correlationId: 'c0ffee', category }]
  if (headers.authorization !== `Bearer ${token}`) {
    return refusal(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found. This API supports OAuth 2.0 authentication.')
  }
  const given = JSON.parse(body || '{}').properties ?? {}
  const unknown = Object.keys(given).find((name) => !properties.includes(name))
  if (unknown !== undefined) {
    return refusal(400, 'VALIDATION_ERROR', `Property values were not valid: [{"isValid":false,"message":"Property \\"${unknown}\\" does not exist","error":"PROPERTY_DOESNT_EXIST"}]`)
  }
  const { pathname, searchParams } = new URL(url, `https://${HOST}`)
  const shown = (email) => ({ id: contacts.get(email).id, properties: contacts.get(email).properties, archived: false })
  const keep = (email) => {
    const known = contacts.get(email) ?? { id: String(contacts.size + 101), properties: {} }
    contacts.set(email, { ...known, properties: { ...known.properties, ...given } })
    return shown(email)
  }
  if (method === 'POST' && pathname === '/crm/v3/objects/contacts') {
    if (contacts.has(given.email)) return refusal(409, 'CONFLICT', 'Contact already exists.')
    return [201, keep(given.email)]
  }
  const [, id] = /^\/crm\/v3\/objects\/contacts\/([^/]+)$/.exec(pathname) ?? []
  if (method === 'PATCH' && id !== undefined && searchParams.get('idProperty') === 'email') {
    const email = decodeURIComponent(id)
    return contacts.has(email) ? [200, keep(email)] : refusal(404, 'OBJECT_NOT_FOUND', 'Object not found.  objectId are usually numeric.')
  }
  return refusal(405, 'METHOD_NOT_ALLOWED', 'HTTP 405 Method Not Allowed')
}

async function certificate(folder) {
  const at = (name) => join(folder, name)
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await writeFile(at('names.ext'), `subjectAltName=DNS:${HOST}\n`)
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Authority of a test')
  openssl('req', ...curve, '-keyout', 'hubspot.key', '-out', 'hubspot.csr', '-subj', `/CN=${HOST}`)
  openssl('x509', '-req', '-in', 'hubspot.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-out', 'hubspot.pem', '-extfile', 'names.ext')
  return { key: await readFile(at('hubspot.key')), cert: await readFile(at('hubspot.pem')), authority: at('ca.pem') }
}
