// Every page of the demonstration, as pictures and measurements visit them.

/**
 * Name and path of each page; the `bare` ones exist in a new workspace, too. `act` opens what has no
 * address of its own.
 */
export async function places(api) {
  const { sources } = await api('/sources')
  const { destinations } = await api('/destinations')
  const { insights } = await api('/insights')
  const { people } = await api('/people')
  const shop = sources.find(({ name }) => name === 'Sample shop') ?? sources[0]
  const source = `/sources/${shop.id}`
  const waiting = sources.find(({ id }) => id !== shop.id)
  const ask = (name, query, more = '', act = undefined) => ({ name: `insight-${name}`, path: `/insights/new?q=${encodeURIComponent(JSON.stringify(query))}${more}`, act })
  const month = { last_days: 30 }
  const weeks = { last_days: 42 }
  const signup = { kind: 'funnel', range: month, window_seconds: 604_800, steps: [{ event: 'Signup Started' }, { event: 'Signup Completed' }] }
  const signups = { kind: 'trend', range: month, events: [{ event: 'Signup Completed' }] }
  const payments = { event: { event: 'Order Completed' } }
  const byEmail = { clauses: [{ any_of: [{ kind: 'performed', event: { event: 'Signup Completed', filters: [{ property: 'signup_method', of: 'event', op: 'is', values: ['email'] }] }, op: 'greater_or_equal', count: 1, within: month }] }] }
  const inTime = { clauses: [{ any_of: [{ kind: 'sequence', steps: signup.steps, in_seconds: 600, within: month }] }] }
  return [
    { name: 'home', path: '/', bare: true },
    { name: 'sources', path: '/sources', bare: true },
    { name: 'source-new', path: '/sources/new', bare: true },
    { name: 'source', path: source },
    { name: 'source-settings', path: `${source}?tab=settings` },
    { name: 'source-browser', path: `${source}?library=browser` },
    ...(waiting ? [{ name: 'source-waiting', path: `/sources/${waiting.id}` }] : []),
    { name: 'destinations', path: '/destinations', bare: true },
    { name: 'catalogue', path: '/destinations/new', bare: true },
    { name: 'destination-new', path: '/destinations/new/amplitude' },
    { name: 'destination-new-actions', path: '/destinations/new/actions-hubspot-cloud' },
    ...destinations.slice(0, 2).flatMap(({ id, metadata }) => ['delivery', 'dead', 'routing', 'filters', 'settings'].map(
      (tab) => ({ name: `destination-${metadata.id}-${tab}`, path: `/destinations/${id}?tab=${tab}` }))),
    { name: 'destination-test', path: `/destinations/${destinations[0].id}`, act: async (page) => {
      await page.getByRole('button', { name: 'Send test event' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Send test event' }).click()
      await page.getByRole('dialog').getByText(/took it|refused it/).waitFor()
    } },
    { name: 'live-events', path: '/live-events', bare: true },
    { name: 'live-event', path: '/live-events', act: openRow },
    { name: 'insights', path: '/insights', bare: true },
    { name: 'insight-new', path: '/insights/new', bare: true },
    ...insights.map(({ id, name }) => ({ name: `insight-${name.toLowerCase().replace(/\W+/g, '-')}`, path: `/insights/${id}` })),
    ask('retention', { kind: 'retention', range: month, unit: 'day', start: { event: '_new' }, returning: { event: '_active' } }),
    ask('paths', { kind: 'paths', range: month, start: { event: 'Product Viewed' }, columns_max: 5, collapse_repeats: true }),
    ask('lifecycle', { kind: 'lifecycle', range: month, interval: 'week', event: { event: '_active' } }),
    ask('stickiness', { kind: 'stickiness', range: month, event: { event: '_active' } }),
    ask('sessions', { kind: 'sessions', range: month }),
    ask('revenue-kind', { kind: 'revenue', range: month, payments }),
    ask('lifetime', { kind: 'lifetime', range: month, measure: 'arpu', payments }),
    ask('composition', { kind: 'composition', range: month, property: { property: 'plan', of: 'user' } }),
    ask('signup-drop-off', signup),
    ask('signup-by-method', { ...signup, breakdown: { property: 'signup_method' } }),
    ask('signup-over-time', { ...signup, range: weeks, interval: 'week' }, '&chart=line'),
    ask('signup-by-day', { ...signups, interval: 'day' }),
    ask('signup-by-platform', { ...signups, range: weeks, interval: 'week', breakdown: { property: 'platform', of: 'context' } }),
    ask('people-behind', signup, `&people=${encodeURIComponent(JSON.stringify({ step: 2 }))}`),
    ask('by-day-and-note', { ...signups, interval: 'day', compare: { count: 30, unit: 'days' } }, '', async (page) => {
      await page.getByRole('button', { name: /^Annotat/ }).click()
      await page.getByLabel('New note').waitFor()
    }),
    { name: 'dashboard', path: '/dashboards', bare: true },
    { name: 'cohorts', path: '/cohorts', bare: true },
    { name: 'cohort-new', path: '/cohorts/new', bare: true },
    { name: 'cohort-by-method', path: `/cohorts/new?name=Signed+up+by+email&q=${encodeURIComponent(JSON.stringify(byEmail))}` },
    { name: 'cohort-in-time', path: `/cohorts/new?name=Signed+up+within+10+minutes&q=${encodeURIComponent(JSON.stringify(inTime))}` },
    { name: 'schema', path: '/schema', bare: true },
    { name: 'schema-properties', path: '/schema?tab=properties' },
    { name: 'schema-entry', path: '/schema', act: openRow },
    { name: 'people', path: '/people', bare: true },
    { name: 'person', path: `/people/${(people.find(({ name }) => name) ?? people[0]).id}` },
    { name: 'person-without-name', path: `/people/${(people.find(({ name }) => !name) ?? people[0]).id}` },
    { name: 'person-event', path: `/people/${(people.find(({ name }) => name) ?? people[0]).id}`, act: async (page) => {
      await page.locator('main li button').first().click()
      await page.getByRole('dialog').getByText('Received').first().waitFor()
    } },
    { name: 'health', path: '/health', bare: true },
    ...['workspace', 'users', 'tokens', 'audit', 'account'].map((tab) => ({ name: `settings-${tab}`, path: `/settings?tab=${tab}`, bare: true })),
    { name: 'workspace-new', path: '/workspaces/new' },
    { name: 'palette', path: '/', act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('option').or(page.getByRole('dialog').getByRole('button')).first().waitFor()
    } },
  ]
}

async function openRow(page) {
  await page.locator('main tbody tr').first().click()
  await page.getByRole('dialog').waitFor()
}
