// Amplitude in device mode: a plugin of Segment's browser SDK around Amplitude's own. The settings
// are those of the server's destination, and so are names and properties of what arrives; only how it
// goes out is the SDK's: its device ids, its sessions, its revenue method.
//
// Here: when the SDK starts, and which call goes where. The rest: device.js (who), campaign.js (where
// from), pages.js, track.js, revenue.js, people.js (what becomes of each call), values.js.

import * as campaign from './campaign.js'
import { chooseDeviceId, expose, keepDeviceId } from './device.js'
import { pageEvents } from './pages.js'
import { groupCalls, identifyCalls } from './people.js'
import { trackCalls } from './track.js'
import { optionsOf } from './values.js'
import { AmplitudeBrowser } from '@amplitude/analytics-browser/lib/esm/browser-client'

// An event that is older than this is sent with its own time; a younger one takes the SDK's, by which
// the SDK sees that the session goes on.
const SAME_MOMENT_MS = 5_000

export default function amplitude(settings) {
  const client = new AmplitudeBrowser()
  let started = false
  // Who the visitor is, and who they were before the last reset: calls of before may come after it.
  let current, former

  async function load(_, analytics) {
    const deviceId = await chooseDeviceId(settings, analytics, location.search)
    await client.init(settings.apiKey, sdkOptions(settings, analytics, deviceId)).promise
    expose(client)
    current = analytics.user().anonymousId()
    analytics.on('reset', () => {
      former = { anonymousId: current, deviceId: client.getDeviceId() }
      client.reset()
      current = analytics.user().anonymousId()
      keepDeviceId(client, settings, current)
    })
    sendBeforeThePageGoes(client)
    campaign.note(client, settings)
    started = true
  }

  // What the calls of one event have in common.
  function about(ctx) {
    const { event } = ctx
    const options = optionsOf(event)
    const shared = {}
    if (event.anonymousId === former?.anonymousId) {
      shared.device_id = former.deviceId
      if (event.userId) shared.user_id = event.userId
    } else {
      keepDeviceId(client, settings, event.anonymousId)
      client.setUserId(event.userId ?? undefined)
    }
    const version = event.context?.app?.version
    if (version) shared.app_version = version
    if (options.outOfSession === true) shared.session_id = -1
    const at = new Date(event.timestamp ?? Date.now()).getTime()
    const isNow = Math.abs(Date.now() - at) < SAME_MOMENT_MS
    // With a time of its own an event does not prolong the session.
    if (!isNow || options.outOfSession === true) shared.time = at
    return { event, options, shared, settings }
  }

  const sends = (callsOf) => (ctx) => {
    const calls = callsOf(about(ctx))
    const [userId, deviceId] = [client.getUserId(), client.getDeviceId()]
    for (const call of calls) call(client)
    // The SDK takes the ids of an identify for those of whoever is there now.
    client.setUserId(userId)
    client.setDeviceId(deviceId)
    return ctx
  }

  return {
    name: 'Amplitude',
    type: 'destination',
    version: '1.0.0',
    isLoaded: () => started,
    load,
    track: sends(trackCalls),
    page: sends(pageEvents),
    identify: sends(identifyCalls),
    group: sends(groupCalls),
  }
}

function sdkOptions(settings, analytics, deviceId) {
  return {
    userId: analytics.user().id() ?? undefined,
    deviceId,
    appVersion: settings.versionName || undefined,
    serverUrl: settings.serverUrl ? `${settings.serverUrl.replace(/\/+$/, '')}/2/httpapi` : undefined,
    serverZone: settings.endpoint === 'europe' ? 'EU' : 'US',
    minIdLength: settings.minIdLength || undefined,
    // Nothing of its own, and nothing asked of any other host.
    autocapture: {
      attribution: false, pageViews: false, fileDownloads: false, formInteractions: false,
      elementInteractions: false, pageUrlEnrichment: false, sessions: settings.trackSessionEvents === true,
    },
    remoteConfig: { fetchRemoteConfig: false },
    enableDiagnostics: false,
  }
}

// What waits when somebody leaves goes by a beacon; a page that comes back sends as before.
function sendBeforeThePageGoes(client) {
  addEventListener('pagehide', () => {
    client.setTransport('beacon')
    client.flush()
  })
  addEventListener('pageshow', (event) => {
    if (event.persisted) client.setTransport('fetch')
  })
}
