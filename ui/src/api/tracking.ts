// Experiments, runs and logged models, as MLflow's REST tells them.

import { queryOptions } from '@tanstack/react-query'
import { get, MLFLOW, write } from './client.ts'

export interface Pair {
  key: string
  value: string
}

export interface Experiment {
  experiment_id: string
  name: string
  artifact_location: string
  lifecycle_stage: 'active' | 'deleted'
  last_update_time: number
  creation_time: number
  tags?: Pair[]
}

export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED'

export interface RunInfo {
  run_id: string
  run_name: string
  experiment_id: string
  user_id: string
  status: RunStatus
  start_time: number
  end_time?: number
  artifact_uri: string
  lifecycle_stage: 'active' | 'deleted'
}

export interface Metric {
  key: string
  value: number | string
  timestamp: number
  step: number
}

export interface DatasetInput {
  tags?: Pair[]
  dataset: { name: string; digest: string; source_type: string; source: string; schema?: string; profile?: string }
}

export interface Run {
  info: RunInfo
  data: { metrics?: Metric[]; params?: Pair[]; tags?: Pair[] }
  inputs?: { dataset_inputs?: DatasetInput[]; model_inputs?: { model_id: string }[] }
  outputs?: { model_outputs?: { model_id: string; step?: number }[] }
}

export interface FileInfo {
  path: string
  is_dir: boolean
  file_size?: number
}

export interface LoggedModel {
  info: {
    model_id: string
    name: string
    status: string
    model_type?: string
    artifact_uri: string
    creation_timestamp_ms: number
    source_run_id?: string
    registrations?: { name: string; version: string }[]
    tags?: Pair[]
  }
  data?: { metrics?: Metric[]; params?: Pair[] }
}

export function record(pairs: Pair[] | undefined): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]))
}

// A key begins with the topic under which the server tells of changes; see changes.ts.

export function experimentsQuery(stage: 'active' | 'archived', filter: string) {
  const body = {
    max_results: 1000,
    view_type: stage === 'archived' ? 'DELETED_ONLY' : 'ACTIVE_ONLY',
    order_by: ['last_update_time DESC'],
    ...(filter ? { filter } : {}),
  }
  return queryOptions({
    queryKey: ['tracking', 'experiments', stage, filter],
    queryFn: ({ signal }) => write<{ experiments?: Experiment[]; next_page_token?: string }>('POST', `${MLFLOW}/experiments/search`, body, signal),
  })
}

export function experimentQuery(id: string) {
  return queryOptions({
    queryKey: [`experiment:${id}`, 'experiment'],
    queryFn: async ({ signal }) => (await get<{ experiment: Experiment }>(`${MLFLOW}/experiments/get`, { experiment_id: id }, signal)).experiment,
  })
}

export function runQuery(id: string) {
  return queryOptions({
    queryKey: [`run:${id}`, 'run'],
    queryFn: async ({ signal }) => (await get<{ run: Run }>(`${MLFLOW}/runs/get`, { run_id: id }, signal)).run,
  })
}

export interface RunSearchBody {
  experiment_ids: string[]
  filter?: string
  order_by?: string[]
  max_results: number
}

export function searchRunsQuery(body: RunSearchBody) {
  return queryOptions({
    queryKey: ['tracking', 'runs', body],
    queryFn: async ({ signal }) => (await write<{ runs?: Run[] }>('POST', `${MLFLOW}/runs/search`, body, signal)).runs ?? [],
  })
}

export function loggedModelQuery(id: string) {
  return queryOptions({
    queryKey: ['tracking', 'logged-model', id],
    queryFn: async ({ signal }) => (await get<{ model: LoggedModel }>(`${MLFLOW}/logged-models/${encodeURIComponent(id)}`, {}, signal)).model,
  })
}

export const createExperiment = (name: string) => write<{ experiment_id: string }>('POST', `${MLFLOW}/experiments/create`, { name })
export const renameExperiment = (id: string, name: string) => write('POST', `${MLFLOW}/experiments/update`, { experiment_id: id, new_name: name })
export const archiveExperiment = (id: string) => write('POST', `${MLFLOW}/experiments/delete`, { experiment_id: id })
export const restoreExperiment = (id: string) => write('POST', `${MLFLOW}/experiments/restore`, { experiment_id: id })
export const renameRun = (id: string, name: string) => write('POST', `${MLFLOW}/runs/update`, { run_id: id, run_name: name })
export const archiveRun = (id: string) => write('POST', `${MLFLOW}/runs/delete`, { run_id: id })
export const restoreRun = (id: string) => write('POST', `${MLFLOW}/runs/restore`, { run_id: id })
export const setRunTag = (id: string, key: string, value: string) => write('POST', `${MLFLOW}/runs/set-tag`, { run_id: id, key, value })
export const deleteRunTag = (id: string, key: string) => write('POST', `${MLFLOW}/runs/delete-tag`, { run_id: id, key })

/** One after another and a few at once: a thousand runs must not open a thousand requests. Tells how many failed. */
export async function forEachRun(ids: readonly string[], action: (id: string) => Promise<unknown>): Promise<{ done: string[]; failure?: unknown }> {
  const waiting = [...ids]
  const done: string[] = []
  let failure: unknown
  async function work(): Promise<void> {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await action(id)
        done.push(id)
      } catch (error) {
        failure ??= error
      }
    }
  }
  await Promise.all([work(), work(), work(), work()])
  return failure === undefined ? { done } : { done, failure }
}
