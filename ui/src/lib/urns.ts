// Entities as the ledger names them, and the screens that show them.

export type Place =
  | { to: '/experiments/$id'; params: { id: string } }
  | { to: '/runs/$id'; params: { id: string } }
  | { to: '/model'; search: { name: string } }
  | { to: '/model-version'; search: { name: string; version: string } }
  | { to: '/datasets/$name'; params: { name: string } }
  | { to: '/endpoints/$name'; params: { name: string } }
  | { to: '/webhooks'; search: { webhook: string } }

/** Where an entity is shown; undefined for one that has no screen. */
export function placeOf(urn: string): Place | undefined {
  const colon = urn.indexOf(':')
  const id = urn.slice(colon + 1)
  if (colon < 0 || id === '') return undefined
  switch (urn.slice(0, colon)) {
    case 'experiment':
      return /^\d+$/.test(id) ? { to: '/experiments/$id', params: { id } } : undefined
    case 'run':
      return { to: '/runs/$id', params: { id } }
    case 'model':
      return { to: '/model', search: { name: id } }
    case 'model-version': {
      const slash = id.lastIndexOf('/')
      return slash > 0 ? { to: '/model-version', search: { name: id.slice(0, slash), version: id.slice(slash + 1) } } : undefined
    }
    case 'dataset':
      return { to: '/datasets/$name', params: { name: id } }
    case 'snapshot':
    case 'column': {
      const end = id.search(/[@#]/)
      return end > 0 ? { to: '/datasets/$name', params: { name: id.slice(0, end) } } : undefined
    }
    case 'endpoint':
      return { to: '/endpoints/$name', params: { name: id } }
    case 'webhook':
      return { to: '/webhooks', search: { webhook: id } }
    case 'artifact': {
      const run = /\/([0-9a-f]{32})\//.exec(id)
      return run ? { to: '/runs/$id', params: { id: run[1]! } } : undefined
    }
    default:
      return undefined
  }
}
