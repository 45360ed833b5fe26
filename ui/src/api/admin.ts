// The trash, space, the audit trail, webhooks and settings, as Millwright's own API tells them.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { get, MLFLOW, OWN, write, type Query } from './client.ts'
import { archiveExperiment, archiveRun, forEachRun, restoreExperiment, restoreRun } from './tracking.ts'

export interface Operation {
  operation_id: string
  kind: string
  state: 'running' | 'succeeded' | 'failed' | 'cancelled'
  started_at: string
  ended_at?: string
  progress: Record<string, number>
  result?: unknown
  error?: { code: string; detail: string }
}

const WATCH_MILLIS = 400

/** Asked anew until it has ended. */
export function operationQuery(id: string) {
  return queryOptions({
    queryKey: ['operation', id],
    queryFn: ({ signal }) => get<Operation>(`${OWN}/operations/${id}`, {}, signal),
    refetchInterval: (query) => (query.state.data === undefined || query.state.data.state === 'running' ? WATCH_MILLIS : false),
    enabled: id !== '',
    retry: 2,
  })
}

export const cancelOperation = (id: string) => write('POST', `${OWN}/operations/${id}/cancel`, undefined)

// The trash

export const TRASH_KINDS = ['experiment', 'run', 'logged-model'] as const
export type TrashKind = (typeof TRASH_KINDS)[number]

export interface TrashItem {
  kind: TrashKind
  workspace: string
  id: string
  name: string
  experiment_id: string
  experiment_name: string
  with_experiment: boolean
  deleted_at?: string
  deleted_by?: string
  files: number
  bytes: number
  own_bytes: number
  artifacts_elsewhere: boolean
}

export const urnOf = (item: TrashItem): string => `${item.kind}:${item.id}`

export function trashQuery(kind: TrashKind | undefined) {
  return infiniteQueryOptions({
    // Not under its topic: the screen decides when a list that is being read may change.
    queryKey: ['trash', kind],
    queryFn: ({ pageParam, signal }) =>
      get<{ items: TrashItem[]; next_page_token?: string }>(`${OWN}/trash`, { kind, max_results: 100, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData,
    retry: false,
  })
}

export interface Collected {
  dry_run: boolean
  things: number
  files: number
  bytes: number
  freed_bytes: number
  left: string[]
}

/** Without items everything in the trash. */
export const collectTrash = (items: readonly string[] | undefined, dryRun: boolean) =>
  write<Operation>('POST', `${OWN}/trash/collect`, { ...(items ? { items } : {}), dry_run: dryRun })

const restoreModel = (id: string) => write('POST', `${OWN}/logged-models/${encodeURIComponent(id)}/restore`, undefined)
const deleteModel = (id: string) => write('DELETE', `${MLFLOW}/logged-models/${encodeURIComponent(id)}`, undefined)

const RESTORE: Record<TrashKind, (id: string) => Promise<unknown>> = { experiment: restoreExperiment, run: restoreRun, 'logged-model': restoreModel }
const TRASH: Record<TrashKind, (id: string) => Promise<unknown>> = { experiment: archiveExperiment, run: archiveRun, 'logged-model': deleteModel }

/** Experiments come first: what is in them comes back with them. */
export const restoreItems = (items: readonly TrashItem[]) => inTurn(items, ['experiment', 'run', 'logged-model'], RESTORE)
export const trashItems = (items: readonly TrashItem[]) => inTurn(items, ['logged-model', 'run', 'experiment'], TRASH)

async function inTurn(items: readonly TrashItem[], kinds: readonly TrashKind[], actions: typeof RESTORE): Promise<{ done: TrashItem[]; failure?: unknown }> {
  const done: TrashItem[] = []
  let failure: unknown
  for (const kind of kinds) {
    const byId = new Map(items.filter((item) => item.kind === kind).map((item) => [item.id, item]))
    const part = await forEachRun([...byId.keys()], actions[kind])
    done.push(...part.done.map((id) => byId.get(id)!))
    failure ??= part.failure
  }
  return failure === undefined ? { done } : { done, failure }
}

export interface Space {
  experiment_id: string
  workspace: string
  name: string
  deleted: boolean
  runs: number
  deleted_runs: number
  metrics: number
  files: number
  bytes: number
  own_bytes: number
}

const SPACE_PAGES = 10

/** What each experiment keeps. Sorted here, so all of them are asked for, as far as that makes sense. */
export const spaceQuery = queryOptions({
  // Under no topic: it goes over all files, and something always changes.
  queryKey: ['space-table'],
  queryFn: async ({ signal }) => {
    const experiments: Space[] = []
    let token = ''
    for (let page = 0; page < SPACE_PAGES; page++) {
      const answer = await get<{ experiments: Space[]; next_page_token?: string }>(`${OWN}/space`, { max_results: 1000, page_token: token }, signal)
      experiments.push(...answer.experiments)
      token = answer.next_page_token ?? ''
      if (token === '') break
    }
    return { experiments, more: token !== '' }
  },
  staleTime: 30_000,
  retry: false,
})

// The audit trail

export interface AuditEvent {
  id: string
  at: string
  actor: string
  request_id: string
  workspace: string
  action: string
  entity: string
  payload: unknown
  block: number
  position: number
}

export interface AuditAsked {
  actor?: string
  action?: string
  entity?: string
  request?: string
  from?: string
  to?: string
  all?: boolean
}

export interface AuditPage {
  events: AuditEvent[]
  next_page_token?: string
}

export function auditParams(asked: AuditAsked): Query {
  const { request, all, ...rest } = asked
  return { ...rest, request_id: request, all_workspaces: all ? true : undefined }
}

export const auditPage = (asked: AuditAsked, size: number, token: string, signal?: AbortSignal) =>
  get<AuditPage>(`${OWN}/audit/events`, { ...auditParams(asked), max_results: size, page_token: token }, signal)

export function auditQuery(asked: AuditAsked) {
  return infiniteQueryOptions({
    queryKey: ['audit-events', asked],
    queryFn: ({ pageParam, signal }) => auditPage(asked, 100, pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    retry: false,
  })
}

/** One event by when it happened and its id, which is how its address names it. */
export function auditEventQuery(at: string, id: string, all: boolean) {
  return queryOptions({
    queryKey: ['audit-event', at, id, all],
    queryFn: async ({ signal }) => {
      const from = new Date(at)
      const page = await auditPage({ from: from.toISOString(), to: new Date(from.getTime() + 1).toISOString(), all }, 1000, '', signal)
      return page.events.find((event) => event.id === id) ?? null
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

export interface Chain {
  last_block: number
  head: string
  sealed_at?: string
  pruned_blocks: number
  unsealed_events: number
  last_check?: { at: string; by: string; blocks: number; events: number; head: string; findings: number }
}

export const chainQuery = queryOptions({
  queryKey: ['audit', 'chain'],
  queryFn: ({ signal }) => get<Chain>(`${OWN}/audit/chain`, {}, signal),
  retry: false,
})

export interface ChainChecked {
  holds: boolean
  blocks: number
  events: number
  finding_count: number
  findings: string[]
}

export const checkChain = () => write<Operation>('POST', `${OWN}/audit/verify`, {})

// Webhooks

export interface Webhook {
  webhook_id: string
  name: string
  description: string
  url: string
  events: string[]
  status: 'ACTIVE' | 'DISABLED'
  signed: boolean
  created_at: string
  changed_at: string
  waiting: number
  last?: { event: string; state: DeliveryState; at: string }
}

export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'cancelled'

export interface DeliveryAttempt {
  number: number
  at: string
  duration_ms: number
  response_status?: number
  response_body?: string
  error?: string
}

export interface Delivery {
  delivery_id: string
  event: string
  event_id: string
  state: DeliveryState
  created_at: string
  next_attempt_at?: string
  ended_at?: string
  attempt_count: number
  attempts: DeliveryAttempt[]
  request_body?: string
}

/** What may be told of, as MLflow names it. */
export const WEBHOOK_EVENTS: { entity: string; label: string; actions: string[] }[] = [
  { entity: 'registered_model', label: 'Model', actions: ['created'] },
  { entity: 'model_version', label: 'Model version', actions: ['created'] },
  { entity: 'model_version_tag', label: 'Tag of a version', actions: ['set', 'deleted'] },
  { entity: 'model_version_alias', label: 'Alias', actions: ['created', 'deleted'] },
  { entity: 'prompt', label: 'Prompt', actions: ['created'] },
  { entity: 'prompt_version', label: 'Prompt version', actions: ['created'] },
  { entity: 'prompt_tag', label: 'Tag of a prompt', actions: ['set', 'deleted'] },
  { entity: 'prompt_version_tag', label: 'Tag of a prompt version', actions: ['set', 'deleted'] },
  { entity: 'prompt_alias', label: 'Alias of a prompt', actions: ['created', 'deleted'] },
]

/** Deliveries are no events of the ledger, so no stream tells of them. */
const DELIVERIES_MILLIS = 2_000

export const webhooksQuery = queryOptions({
  queryKey: ['webhooks', 'list'],
  queryFn: ({ signal }) => get<{ webhooks: Webhook[]; next_page_token?: string }>(`${OWN}/webhooks`, { max_results: 1000 }, signal),
  refetchInterval: DELIVERIES_MILLIS * 2,
  retry: false,
})

export function deliveriesQuery(webhook: string) {
  return infiniteQueryOptions({
    queryKey: ['webhooks', 'deliveries', webhook],
    queryFn: ({ pageParam, signal }) =>
      get<{ deliveries: Delivery[]; next_page_token?: string }>(`${OWN}/webhooks/${webhook}/deliveries`, { max_results: 20, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token,
    refetchInterval: DELIVERIES_MILLIS,
    retry: false,
  })
}

export function deliveryQuery(webhook: string, delivery: string) {
  return queryOptions({
    queryKey: ['webhooks', 'delivery', webhook, delivery],
    queryFn: ({ signal }) => get<Delivery>(`${OWN}/webhooks/${webhook}/deliveries/${delivery}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

export interface WebhookGiven {
  name: string
  url: string
  description: string
  /** As in model_version.created. */
  events: string[]
  /** Left as it is when undefined, taken away when empty. */
  secret?: string
  status?: Webhook['status']
}

const HOOKS = `${MLFLOW}/webhooks`

function bodyOf({ events, ...rest }: Partial<WebhookGiven>): unknown {
  if (!events) return rest
  return {
    ...rest,
    events: events.map((event) => {
      const [entity, action] = event.split('.')
      return { entity: entity!.toUpperCase(), action: action!.toUpperCase() }
    }),
  }
}

export const createWebhook = (given: WebhookGiven) => write<{ webhook: { webhook_id: string } }>('POST', HOOKS, bodyOf(given))
export const changeWebhook = (id: string, given: Partial<WebhookGiven>) => write('PATCH', `${HOOKS}/${id}`, bodyOf(given))
export const deleteWebhook = (id: string) => write('DELETE', `${HOOKS}/${id}`, undefined)
export const redeliver = (webhook: string, delivery: string) => write<Delivery>('POST', `${OWN}/webhooks/${webhook}/deliveries/${delivery}/redeliver`, undefined)

export interface TestResult {
  success: boolean
  response_status?: number
  response_body?: string
  error_message?: string
}

export const testWebhook = async (id: string) => (await write<{ result: TestResult }>('POST', `${HOOKS}/${id}/test`, {})).result

// Settings

export interface Setting {
  key: string
  value: string
  hidden: boolean
  source: 'flag' | 'environment' | 'file' | 'default'
  origin: string
  description: string
}

export interface Settings {
  home: string
  database: string
  artifacts: string
  started_at: string
  settings: Setting[]
}

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => get<Settings>(`${OWN}/settings`, {}, signal),
  staleTime: 60_000,
  retry: false,
})
