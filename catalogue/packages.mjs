// Packages that more than a few destinations use. Those in core.js are in every sandbox; a library
// is loaded only by the destinations that need it.

export const SHARED = [
  '@segment/actions-core',
  '@segment/actions-shared',
  '@segment/a1-notation',
  '@lukeed/uuid',
  'ajv-formats/dist/formats',
  'btoa-lite',
  'crypto',
  'dayjs',
  'dayjs/plugin/utc',
  'dayjs/plugin/advancedFormat',
  'events',
  'liquidjs',
  'lodash/camelCase',
  'lodash/chunk',
  'lodash/get',
  'lodash/isEmpty',
  'lodash/isPlainObject',
  'lodash/mapValues',
  'lodash/omit',
  'lodash/pick',
  'lodash/snakeCase',
  'lodash/sortBy',
]

export const LIBRARIES = ['google-libphonenumber', 'cheerio']
