// A stand-in for HubSpot's contacts API as HubSpot documents it, behind a proxy that opens every
// tunnel to it, with a certificate of an authority of its own.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer as createProxy } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'

const HOST = 'api.hubapi.com'
const PROPERTIES = ['email', 'firstname', 'lastname', 'company', 'phone', 'city', 'country', 'plan_name']

/** `asked` is what came in; `token` and `properties` may be changed. */
export async function startHubSpot(folder) {
  const { key, cert, authority } = await certificate(folder)
  const hubspot = { token: 'pat-eu1-first-token', properties: [...PROPERTIES], contacts: new Map(), asked: [], authority }
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
  hubspot.end = () => { open.forEach((socket) => socket.destroy()); proxy.close() }
  return hubspot
}

function answerOf({ token, properties, contacts }, { method, url, headers }, body) {
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
