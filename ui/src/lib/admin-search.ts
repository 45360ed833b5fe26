// The state of the administration's screens in their URLs.

import { flagOf, listOf, oneOf, textOf, tidy } from './search-params.ts'

export interface TrashSearch {
  show?: 'space'
  kind?: 'experiment' | 'run' | 'logged-model'
  order?: string
  /** Things that are ticked, as in run:8f0c…. */
  item?: string[]
}

export function trashSearch(search: Record<string, unknown>): TrashSearch {
  return tidy({
    show: oneOf(search.show, ['space']),
    kind: oneOf(search.kind, ['experiment', 'run', 'logged-model']),
    order: textOf(search.order),
    item: listOf(search.item),
  })
}

export interface AuditSearch {
  actor?: string
  action?: string
  entity?: string
  request?: string
  from?: string
  to?: string
  /** Of all workspaces. */
  all?: boolean
  /** The open one: when it happened and its id, with a ~ between. */
  event?: string
}

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  return tidy({
    actor: textOf(search.actor),
    action: textOf(search.action),
    entity: textOf(search.entity),
    request: textOf(search.request),
    from: textOf(search.from),
    to: textOf(search.to),
    all: flagOf(search.all),
    event: textOf(search.event),
  })
}

export interface WebhooksSearch {
  webhook?: string
  delivery?: string
}

export function webhooksSearch(search: Record<string, unknown>): WebhooksSearch {
  return tidy({ webhook: textOf(search.webhook), delivery: textOf(search.delivery) })
}

export interface SettingsSearch {
  q?: string
  /** Only what somebody set. */
  set?: boolean
}

export function settingsSearch(search: Record<string, unknown>): SettingsSearch {
  return tidy({ q: textOf(search.q), set: flagOf(search.set) })
}
