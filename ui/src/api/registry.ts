// Registered models, their versions, and promotions.

import { queryOptions } from '@tanstack/react-query'
import { get, MLFLOW, OWN, urlOf, write } from './client.ts'
import type { Metric, Pair } from './tracking.ts'

export interface ModelVersion {
  name: string
  version: string
  creation_timestamp: number
  last_updated_timestamp: number
  user_id?: string
  current_stage?: string
  description?: string
  source?: string
  run_id?: string
  status: string
  status_message?: string
  tags?: Pair[]
  aliases?: string[]
  model_id?: string
  model_params?: { name: string; value: string }[]
  model_metrics?: Metric[]
}

export interface RegisteredModel {
  name: string
  creation_timestamp: number
  last_updated_timestamp: number
  description?: string
  latest_versions?: ModelVersion[]
  tags?: Pair[]
  aliases?: { alias: string; version: string }[]
}

export interface Promotion {
  id: number
  kind: string
  state: string
  note: string
  model: string
  version: number
  from: string
  to: string
  alias: string
  policy: string
  policy_version: number
  requester: string
  author: string
  reason: string
  holder: number
  requested_at: string
  changed_at: string
  expires_at: string
  evidence_sha256: string
  /** Where the server tells of it. */
  link: string
  /** Whether it waits for whoever asks. */
  may_decide: boolean
}

export interface PromotionStory extends Promotion {
  decisions: { principal: string; verdict: string; message: string; at: string }[]
  history: { state: string; actor: string; note: string; at: string }[]
  /** Why whoever asks may not decide it, while it waits. */
  why_not?: string
  /** The server's own JSON. */
  evidence?: unknown
}

/** The logged model that a version was made from; a search for versions tells it by the source alone. */
export function loggedModelOf(version: ModelVersion): string | undefined {
  return version.model_id || /^models:\/(m-[0-9a-f]+)\/?$/.exec(version.source ?? '')?.[1]
}

export function modelsQuery(q: string) {
  const pattern = q.replaceAll("'", '_')
  return queryOptions({
    queryKey: ['registry', 'models', q],
    queryFn: ({ signal }) =>
      get<{ registered_models?: RegisteredModel[]; next_page_token?: string }>(
        `${MLFLOW}/registered-models/search`,
        { max_results: 200, filter: pattern ? `name ILIKE '%${pattern}%'` : undefined, order_by: ['last_updated_timestamp DESC'] },
        signal,
      ),
  })
}

export const isPrompt = (model: RegisteredModel): boolean =>
  (model.tags ?? []).some(({ key, value }) => key === 'mlflow.prompt.is_prompt' && value.toLowerCase() === 'true')

export function modelQuery(name: string) {
  return queryOptions({
    queryKey: ['registry', 'model', name],
    queryFn: async ({ signal }) =>
      (await get<{ registered_model: RegisteredModel }>(`${MLFLOW}/registered-models/get`, { name }, signal)).registered_model,
  })
}

export function versionsQuery(name: string) {
  return queryOptions({
    queryKey: ['registry', 'versions', name],
    queryFn: async ({ signal }) =>
      (
        await get<{ model_versions?: ModelVersion[] }>(
          `${MLFLOW}/model-versions/search`,
          { filter: `name='${name.replaceAll("'", "''")}'`, max_results: 1000, order_by: ['version_number DESC'] },
          signal,
        )
      ).model_versions ?? [],
  })
}

export function modelVersionQuery(name: string, version: string) {
  return queryOptions({
    queryKey: ['registry', 'version', name, version],
    queryFn: async ({ signal }) =>
      (await get<{ model_version: ModelVersion }>(`${MLFLOW}/model-versions/get`, { name, version }, signal)).model_version,
  })
}

export function versionsOfRunQuery(run: string) {
  return queryOptions({
    queryKey: ['registry', 'versions-of-run', run],
    queryFn: async ({ signal }) =>
      (await get<{ model_versions?: ModelVersion[] }>(`${MLFLOW}/model-versions/search`, { filter: `run_id='${run}'`, max_results: 100 }, signal)).model_versions ?? [],
    retry: false,
  })
}

export interface Policy {
  name: string
  version: number
}

export const policiesQuery = queryOptions({
  queryKey: ['promotion', 'policies'],
  queryFn: async ({ signal }) => (await get<{ policies: Policy[] }>(`${OWN}/policies`, {}, signal)).policies,
  retry: false,
})

export const PROMOTIONS_TOLD = 100

export function promotionsQuery(query: { state?: string; entity?: string }) {
  return queryOptions({
    queryKey: ['promotion', 'list', query],
    queryFn: async ({ signal }) =>
      (await get<{ promotions: Promotion[] }>(`${OWN}/promotions`, { ...query, max_results: PROMOTIONS_TOLD }, signal)).promotions,
    retry: false,
  })
}

export function promotionQuery(id: number) {
  return queryOptions({
    queryKey: ['promotion', 'story', id],
    queryFn: ({ signal }) => get<PromotionStory>(`${OWN}/promotions/${id}`, {}, signal),
  })
}

export const decide = (id: number, verdict: 'approve' | 'reject' | 'cancel', message: string) =>
  write<PromotionStory>('POST', `${OWN}/promotions/${id}/${verdict}`, { message })
export const rollBack = (id: number, reason: string) => write<PromotionStory>('POST', `${OWN}/promotions/${id}/rollback`, { reason })
export const askPromotion = (ask: { model: string; version: number; alias?: string; stage?: string; reason: string }) =>
  write<PromotionStory>('POST', `${OWN}/promotions`, ask)
export const setVersionTag = (name: string, version: string, key: string, value: string) =>
  write('POST', `${MLFLOW}/model-versions/set-tag`, { name, version, key, value })
export const deleteVersionTag = (name: string, version: string, key: string) =>
  write('DELETE', urlOf(`${MLFLOW}/model-versions/delete-tag`, { name, version, key }), { name, version, key })
export const setModelTag = (name: string, key: string, value: string) => write('POST', `${MLFLOW}/registered-models/set-tag`, { name, key, value })
export const deleteModelTag = (name: string, key: string) =>
  write('DELETE', urlOf(`${MLFLOW}/registered-models/delete-tag`, { name, key }), { name, key })
export const setStage = (name: string, version: string, stage: string) =>
  write('POST', `${MLFLOW}/model-versions/transition-stage`, { name, version, stage, archive_existing_versions: false })
export const setAlias = (name: string, alias: string, version: string) =>
  write('POST', `${MLFLOW}/registered-models/alias`, { name, alias, version })
export const deleteAlias = (name: string, alias: string) =>
  write('DELETE', urlOf(`${MLFLOW}/registered-models/alias`, { name, alias }), { name, alias })
export const describeVersion = (name: string, version: string, description: string) =>
  write('PATCH', `${MLFLOW}/model-versions/update`, { name, version, description })
export const describeModel = (name: string, description: string) =>
  write('PATCH', `${MLFLOW}/registered-models/update`, { name, description })
