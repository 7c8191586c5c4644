// Where the visitor comes from: campaign, referrer and click id of the page, as user properties with
// an `initial_` twin that only the first page sets.

import { Identify } from '@amplitude/analytics-core'

const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content']
const KEY = 'sluice_amplitude_session'

export function note(client, settings) {
  const found = ofPage(settings)
  const session = String(client.getSessionId())
  const isNew = remembered(settings) !== session
  if (!isNew && settings.saveParamsReferrerOncePerSession !== false) return
  remember(settings, session)
  const identify = new Identify()
  let isEmpty = true
  for (const name of names(settings)) {
    if (found[name] !== undefined) identify.set(name, found[name]).setOnce(`initial_${name}`, found[name])
    else if (isNew && settings.unsetParamsReferrerOnNewSession) identify.unset(name)
    else continue
    isEmpty = false
  }
  if (!isEmpty) client.identify(identify)
}

function names(settings) {
  return [
    ...(settings.trackUtmProperties === false ? [] : UTM),
    ...(settings.trackReferrer === false ? [] : ['referrer', 'referring_domain']),
    ...(settings.trackGclid ? ['gclid'] : []),
  ]
}

function ofPage(settings) {
  const query = new URLSearchParams(location.search)
  const found = {}
  for (const name of [...UTM, 'gclid']) if (query.get(name)) found[name] = query.get(name)
  // A page of the same site is no origin.
  const domain = /^https?:\/\/([^/:]+)/.exec(document.referrer)?.[1]
  if (domain && domain !== location.hostname) Object.assign(found, { referrer: document.referrer, referring_domain: domain })
  return found
}

// The session for which it was noted. Without storage it is noted on every page.
function remembered(settings) {
  try {
    return localStorage.getItem(`${KEY}_${settings.apiKey}`)
  } catch {
    return null
  }
}

function remember(settings, session) {
  try {
    localStorage.setItem(`${KEY}_${settings.apiKey}`, session)
  } catch { /* the page's storage is closed */ }
}
