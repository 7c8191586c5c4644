// Page calls: up to three events, one for each of the settings that is on.

import { eventProperties, text } from './values.js'

export function pageEvents(about) {
  const { event, shared, settings } = about
  const name = text(event.name) ?? text(event.properties?.name)
  const category = text(event.category) ?? text(event.properties?.category)
  const properties = eventProperties(about, {
    ...event.properties,
    ...(name && { name }),
    ...(category && { category }),
  })
  const events = pageNames(settings, name, category)
  return events.map(([title, suffix]) => (client) =>
    client.track(title, properties, { ...shared, insert_id: event.messageId + suffix }))
}

// Names, each with the end of its insert id, which is the server's.
function pageNames(settings, name, category) {
  const style = settings.pageNaming
  const title = (...words) => [style === 'documented' ? 'Loaded' : 'Viewed', ...words, 'Page'].join(' ')
  const named = () => {
    if (style === 'actions') return `Viewed ${name}`
    return category ? title(category, name) : title(name)
  }
  const events = []
  if (settings.trackAllPages) events.push([name && style !== 'documented' ? named() : 'Loaded a Page', ''])
  if (settings.trackCategorizedPages && category && style !== 'actions') events.push([title(category), '-category'])
  if (settings.trackNamedPages && name) events.push([named(), '-name'])
  return events
}
