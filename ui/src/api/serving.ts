// Endpoints, how they do, and the predictions that were kept.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { TruthMeasure } from '../lib/serving-search.ts'
import type { Operation } from './admin.ts'
import { get, OWN, send, write } from './client.ts'

export interface Variant {
  name: string
  model: string
  version: string
  weight: number
}

export const INPUT_PROBLEMS = ['missing-column', 'extra-column', 'missing-value', 'wrong-type', 'out-of-range', 'unseen-category'] as const
export const INPUT_ACTIONS = ['allow', 'warn', 'error'] as const

export interface ServingPolicy {
  log: 'off' | 'on' | 'sync'
  sample: number
  when_full: 'serve' | 'refuse'
  redact: string[]
  retention_days: number
  tolerance: number
  most_at_once: number
  /** 0 for never. */
  sleep_after_seconds: number
  /** 0 for none. */
  batch_rows: number
  input: Partial<Record<string, string>>
}

export interface Canary {
  variant: string
  champion: string
  /** Shares of the requests in percent. */
  steps: number[]
  step: number
  share: number
  hold_seconds: number
  least_requests: number
  guards: string
}

export interface Revision {
  number: number
  variants: Variant[]
  shadows: Variant[]
  /** An input column; empty for none. */
  sticky: string
  policy: ServingPolicy
  canary?: Canary
  created_at: string
  created_by: string
}

export type FieldType = 'float64' | 'float32' | 'int64' | 'int32' | 'boolean' | 'text'

export interface ModelInput {
  name: string
  type: FieldType
  /** Values a row. */
  width: number
  missing_allowed: boolean
  /** As people write it: year, USD. */
  unit?: string
  range?: [number, number]
  /** The values the model was made for. */
  categories?: (string | number)[]
}

export interface LoadedModel {
  model: string
  version: string
  /** What read it. */
  reader: string
  /** Whether it was tried on its input example before it answered, and compared with what was recorded there. */
  example: 'none' | 'answered' | 'compared'
  loaded_at: string
  inputs: ModelInput[]
  outputs: { name: string; type: FieldType; column: boolean }[]
}

export interface CanaryStanding {
  reason: string
  answered: number
  failed: number
  compared: number
  measured: Partial<Record<string, number>>
}

export interface Endpoint {
  name: string
  created_at: string
  revision: Revision
  /** What this server answers with; 0 while it is loading. */
  serving_revision: number
  /** Its models are loaded when it is asked. */
  asleep?: boolean
  trouble?: string
  /** These two are not in lists. */
  models?: LoadedModel[]
  canary?: CanaryStanding
}

export interface Agreement {
  compared: number
  disagreed: number
  mean_difference: number
  largest_difference: number
  shift: number
  /** The champion's class, the other's, how often. */
  classes: [string, string, number][]
}

export type Role = 'champion' | 'canary' | 'variant' | 'shadow'

export interface VariantNow {
  name: string
  role: Role
  answered: number
  refused: number
  failed: number
  dropped: number
  p50_p99_ms: [number | null, number | null]
  agreement?: Agreement
}

/** Second, answered, refused, failed, and the milliseconds within which half and 99 of 100 were answered. */
export type ActivityPoint = [number, number, number, number, number | null, number | null]

export interface Activity {
  step_seconds: number
  variants: { name: string; points: ActivityPoint[] }[]
  now: VariantNow[]
}

export interface Prediction {
  id: string
  row: number
  at: string
  revision: number
  variant: string
  model: string
  version: string
  shadow: boolean
  milliseconds: number
  caller: string
  error?: string
  inputs: Record<string, unknown>
  outputs: Record<string, unknown>
}

export interface Truth {
  row: number
  name: string
  value: string
  observed_at: string
  recorded_at: string
  recorded_by: string
}

/** Of how many of a variant's answers the truth of a name is known. */
export interface KnownTruth {
  name: string
  variant: string
  rows: number
  last_recorded_at: string
}

export interface ComparedVariant {
  variant: string
  count: number
  mean: number
  deviation: number
}

export interface Comparison {
  measure: TruthMeasure
  alpha: number
  first: ComparedVariant
  second: ComparedVariant
  /** Of the second's mean to the first's. */
  difference: number
  p_value: number
  /** Differences outside are ruled out; none while too little is known. */
  interval?: [number, number]
  decided: boolean
}

export interface PredictionStory {
  id: string
  endpoint: string
  at: string
  caller: string
  request_id: string
  rows: Prediction[]
  truth: Truth[]
}

/** Serving tells of nothing in the stream of changes: what is in sight is asked for anew. */
const WATCH_MILLIS = 3_000
const ACTIVITY_MILLIS = 5_000
const PAGES = 10

export const endpointPath = (name: string): string => `${OWN}/endpoints/${encodeURIComponent(name)}`

/** All of them, as far as that makes sense: they are searched here. */
export const endpointsQuery = queryOptions({
  queryKey: ['serving', 'endpoints'],
  queryFn: async ({ signal }) => {
    const endpoints: Endpoint[] = []
    let token = ''
    for (let page = 0; page < PAGES; page++) {
      const answer = await get<{ endpoints: Endpoint[]; next_page_token?: string }>(`${OWN}/endpoints`, { page_token: token }, signal)
      endpoints.push(...answer.endpoints)
      token = answer.next_page_token ?? ''
      if (token === '') break
    }
    return { endpoints, more: token !== '' }
  },
  refetchInterval: ACTIVITY_MILLIS,
})

export function endpointQuery(name: string) {
  return queryOptions({
    queryKey: ['serving', 'endpoint', name],
    queryFn: ({ signal }) => get<Endpoint>(endpointPath(name), {}, signal),
    refetchInterval: (query) => (query.state.status === 'error' ? false : WATCH_MILLIS),
  })
}

export function activityQuery(name: string, minutes: number) {
  return queryOptions({
    queryKey: ['serving', 'activity', name, minutes],
    queryFn: ({ signal }) => get<Activity>(`${endpointPath(name)}/activity`, { minutes }, signal),
    refetchInterval: (query) => (query.state.status === 'error' ? false : ACTIVITY_MILLIS),
    placeholderData: keepPreviousData,
  })
}

export const REVISIONS_PAGE = 100

/** The number of the endpoint's revision is part of the key: a new one is asked for at once. */
export function revisionsQuery(name: string, latest: number) {
  return infiniteQueryOptions({
    queryKey: ['serving', 'revisions', name, latest],
    queryFn: ({ pageParam, signal }) => get<{ revisions: Revision[] }>(`${endpointPath(name)}/revisions`, pageParam > 0 ? { before: pageParam } : {}, signal),
    initialPageParam: 0,
    getNextPageParam: (last: { revisions: Revision[] }) => (last.revisions.length === REVISIONS_PAGE ? last.revisions.at(-1)!.number : undefined),
    placeholderData: keepPreviousData,
  })
}

const PREDICTIONS_PAGE = 50

export function predictionsQuery(name: string) {
  return infiniteQueryOptions({
    queryKey: ['serving', 'predictions', name],
    queryFn: ({ pageParam, signal }) =>
      get<{ predictions: Prediction[]; next_page_token?: string }>(`${endpointPath(name)}/predictions`, { limit: PREDICTIONS_PAGE, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last: { next_page_token?: string }) => last.next_page_token,
    retry: false,
  })
}

export function truthQuery(name: string) {
  return queryOptions({
    queryKey: ['serving', 'truth', name],
    queryFn: ({ signal }) => get<{ truth: KnownTruth[] }>(`${endpointPath(name)}/truth`, {}, signal),
    retry: false,
  })
}

export interface ComparisonQuestion {
  truth: string
  output?: string
  measure: TruthMeasure
  first: string
  second: string
}

export const comparisonPath = (name: string): string => `${endpointPath(name)}/comparison`

export function comparisonQuery(name: string, question: ComparisonQuestion) {
  return queryOptions({
    queryKey: ['serving', 'comparison', name, question],
    queryFn: ({ signal }) => get<Comparison>(comparisonPath(name), { ...question }, signal),
    retry: false,
    placeholderData: keepPreviousData,
  })
}

export function predictionQuery(id: string) {
  return queryOptions({
    queryKey: ['serving', 'prediction', id],
    queryFn: ({ signal }) => get<PredictionStory>(`${OWN}/predictions/${encodeURIComponent(id)}`, {}, signal),
    retry: false,
  })
}

/** @param weight beside the variants that answer now; without it, it answers alone */
export const deploy = (name: string, model: string, weight: number | undefined) => write<Operation>('POST', `${endpointPath(name)}/deploy`, { model, ...(weight === undefined ? {} : { weight }) })

export const setTraffic = (name: string, traffic: { weights?: Record<string, number>; sticky?: string }) => write<Endpoint>('PUT', `${endpointPath(name)}/traffic`, traffic)

export const setShadows = (name: string, models: readonly string[]) => write<Operation>('PUT', `${endpointPath(name)}/shadows`, { models })

export const setServingPolicy = (name: string, change: Partial<ServingPolicy>) => write<Endpoint>('PUT', `${endpointPath(name)}/policy`, change)

export interface CanaryStart {
  model: string
  steps: number[]
  hold_seconds: number
  least_requests: number
  guards: string
}

export const startCanary = (name: string, canary: CanaryStart) => write<Operation>('POST', `${endpointPath(name)}/canary`, canary)

/** @param revision without it, the one before */
export const rollBackEndpoint = (name: string, revision?: number) => write<Operation>('POST', `${endpointPath(name)}/rollback`, revision === undefined ? {} : { revision })

export const deleteEndpoint = (name: string) => write('DELETE', endpointPath(name), undefined)

export const invocationsPath = (name: string): string => `/endpoints/${encodeURIComponent(name)}/invocations`

export interface Invoked {
  predictions: unknown
  id: string
  version: string
  /** What of the request did not fit and was let through. */
  warnings: string
  /** From here and back. */
  milliseconds: number
}

/** Asks an endpoint as any client would. */
export async function invoke(name: string, body: unknown): Promise<Invoked> {
  const begin = performance.now()
  const response = await send(invocationsPath(name), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const { predictions } = (await response.json()) as { predictions: unknown }
  const header = (what: string): string => response.headers.get(`x-millwright-${what}`) ?? ''
  return { predictions, id: header('prediction-id'), version: header('model-version'), warnings: header('warnings'), milliseconds: performance.now() - begin }
}
