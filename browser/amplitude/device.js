// The device id: the anonymous id if it is preferred, else the one in the page's address if that is
// allowed, else Amplitude's own. And `window.amplitude`, where pages read it.

import { CookieStorage, Identify, Revenue, UUID, getCookieName, getQueryParams } from '@amplitude/analytics-core'

// The id to start with; none leaves it to the SDK, which keeps one in its cookie.
export async function chooseDeviceId(settings, analytics, search) {
  if (settings.preferAnonymousIdForDeviceId) return analytics.user().anonymousId()
  const inAddress = new URLSearchParams(search).get('amp_device_id')
  if (settings.deviceIdFromUrlParam && inAddress) return inAddress
  // The SDK believes these in any case; here only the setting makes it.
  const { ampDeviceId, deviceId } = getQueryParams()
  if (!ampDeviceId && !deviceId) return undefined
  const kept = await new CookieStorage().get(getCookieName(settings.apiKey))
  return kept?.deviceId ?? UUID()
}

// A preferred anonymous id may change: by a reset, or when the page sets one.
export function keepDeviceId(client, settings, anonymousId) {
  if (settings.preferAnonymousIdForDeviceId && anonymousId && anonymousId !== client.getDeviceId()) {
    client.setDeviceId(anonymousId)
  }
}

// As the SDK of old had it: `amplitude.getInstance().options.deviceId`. A page's own Amplitude stays
// what it is, and gets what it lacks.
export function expose(client) {
  Object.defineProperty(client, 'options', {
    get: () => ({ deviceId: client.getDeviceId(), userId: client.getUserId(), apiKey: client.config?.apiKey }),
  })
  client.Identify = Identify
  client.Revenue = Revenue
  window.amplitude ??= client
  window.amplitude.getInstance ??= () => client
}
