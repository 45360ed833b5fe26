// SQL over datasets: queries that run, those that were run, and those that are kept under a name.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { sqlName } from '../lib/dataset-code.ts'
import { ApiError, get, OWN, send, write } from './client.ts'

export interface ReadVersion {
  dataset: string
  /** 0 when the dataset had none yet. */
  version: number
  snapshot_id: string
}

export interface SqlColumn {
  name: string
  /** As DuckDB calls it. */
  type: string
}

export interface SqlResult {
  query_id: string
  columns: SqlColumn[]
  rows: unknown[][]
  row_count: number
  /** Further rows are left out. */
  truncated: boolean
  elapsed_ms: number
  snapshots: ReadVersion[]
}

export interface Explanation {
  plan: string
  estimate: { rows: number; bytes: number; files: number; files_in_all: number }
  snapshots: ReadVersion[]
}

export interface PastQuery {
  query_id: string
  sql: string
  state: 'running' | 'done' | 'failed' | 'cancelled'
  actor: string
  at: string
  elapsed_ms: number
  rows: number
  bytes: number
  error?: string
  snapshots: ReadVersion[]
}

export interface SavedQuery {
  name: string
  sql: string
  description: string
  owner: string
  edition: number
  updated_at: string
}

export const SQL = `${OWN}/sql`
export const MOST_ROWS = 10_000

export const FORMATS = [
  { label: 'CSV', ending: 'csv', media: 'text/csv' },
  { label: 'Parquet', ending: 'parquet', media: 'application/vnd.apache.parquet' },
  { label: 'Arrow', ending: 'arrows', media: 'application/vnd.apache.arrow.stream' },
  { label: 'JSON lines', ending: 'jsonl', media: 'application/x-ndjson' },
] as const
export type Format = (typeof FORMATS)[number]

/** Known before it runs, so that it can be cancelled. */
export function newQueryId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function ask(sql: string, accept: string, rows: number | undefined, id: string, signal: AbortSignal | undefined): Promise<Response> {
  return send(SQL, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, 'x-query-id': id },
    body: JSON.stringify({ sql, ...(rows === undefined ? {} : { max_rows: rows }) }),
    ...(signal ? { signal } : {}),
  })
}

export async function runSql(sql: string, rows: number, id: string, signal?: AbortSignal): Promise<SqlResult> {
  const response = await ask(sql, 'application/json', rows, id, signal)
  try {
    return (await response.json()) as SqlResult
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw brokenOff(id)
  }
}

/** All rows, as a file. */
export async function fileOfSql(sql: string, format: Format, id = newQueryId()): Promise<Blob> {
  const response = await ask(sql, format.media, undefined, id, undefined)
  try {
    return await response.blob()
  } catch {
    throw brokenOff(id)
  }
}

/** The first rows were on their way when it failed; why stands in the history. */
function brokenOff(id: string): ApiError {
  return new ApiError(0, 'BROKEN_OFF', 'The query ended while its rows were being sent. The history says why.', id)
}

/** The first rows of a version; versions never change, so they are asked for once. */
export function previewQuery(dataset: string, version: number, rows: number) {
  return queryOptions({
    queryKey: ['sql', 'preview', dataset, version, rows],
    queryFn: ({ signal }) => runSql(`from ${atVersion(dataset, version)} limit ${rows}`, rows, newQueryId(), signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

const atVersion = (dataset: string, version: number): string => `${sqlName(dataset)} t at (version => ${version})`

export const explainSql = (sql: string) => write<Explanation>('POST', `${SQL}/explain`, { sql })
export const cancelSql = (id: string) => write('DELETE', `${SQL}/queries/${id}`, undefined)

export function historyQuery(search: string, everybodys: boolean) {
  return infiniteQueryOptions({
    queryKey: ['sql', 'history', search, everybodys],
    queryFn: ({ pageParam, signal }) =>
      get<{ queries: PastQuery[]; next_page_token?: string }>(`${SQL}/queries`, { of: everybodys ? 'everybody' : undefined, search, page_token: pageParam, max_results: 50 }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData,
    retry: false,
  })
}

export const savedQueriesQuery = queryOptions({
  queryKey: ['sql', 'saved'],
  queryFn: async ({ signal }) => (await get<{ queries: SavedQuery[] }>(`${SQL}/saved`, { max_results: 1000 }, signal)).queries,
})

export const savedPath = (name: string): string => `${SQL}/saved/${encodeURIComponent(name)}`

export function savedQueryQuery(name: string) {
  return queryOptions({
    queryKey: ['sql', 'saved', name],
    queryFn: ({ signal }) => get<SavedQuery>(savedPath(name), {}, signal),
    enabled: name !== '',
    retry: false,
  })
}

/** @param edition the one it was changed from: a later one is not overwritten */
export async function saveQuery(name: string, query: { sql: string; description: string }, edition: number | undefined): Promise<SavedQuery> {
  const response = await send(savedPath(name), {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...(edition === undefined ? {} : { 'if-match': `"${edition}"` }) },
    body: JSON.stringify(query),
  })
  return (await response.json()) as SavedQuery
}

export const removeQuery = (name: string) => write('DELETE', savedPath(name), undefined)
