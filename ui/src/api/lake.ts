// Datasets of the lake as Millwright's own API tells them: what is there, its versions, and files that become versions.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Operation } from './admin.ts'
import { ApiError, get, OWN, send, urlOf, write } from './client.ts'

export interface DatasetVersion {
  number: number
  snapshot_id: string
  parent_id?: string
  /** Empty when it was committed to none. */
  branch: string
  operation: string
  schema_id: number
  added_rows: number
  deleted_rows: number
  /** -1 when the writer did not say; so are the next two. */
  rows: number
  size_bytes: number
  files: number
  message: string
  committed_at: string
  committed_by: string
  request_id: string
  /** Since when its files may be gone. */
  expired_at?: string
}

export interface DatasetRow {
  name: string
  comment: string
  owners: string[]
  tags: string[]
  /** Columns in which a word of the search stands. */
  matched_columns: string[]
  version?: DatasetVersion
  changed_at: string
}

export interface DatasetColumn {
  field_id: number
  path: string
  type: string
  required: boolean
  doc: string
  unit: string
  tags: string[]
}

export interface DatasetRef {
  name: string
  type: 'branch' | 'tag'
  snapshot_id: string
  version?: number
}

export interface Dataset {
  name: string
  table_id: string
  location: string
  comment: string
  owners: string[]
  tags: string[]
  columns: DatasetColumn[]
  partitions: string[]
  refs: DatasetRef[]
  version?: DatasetVersion
  properties: Record<string, string>
  created_at: string
  changed_at: string
}

export interface Pin {
  /** Absent when it keeps all versions. */
  snapshot_id?: string
  kind: string
  holder: string
  reason: string
  created_by: string
  created_at: string
}

export const DATASETS = `${OWN}/datasets`
export const datasetPath = (name: string): string => `${DATASETS}/${encodeURIComponent(name)}`
const PAGE = 1000

export function datasetsQuery(search: string, namespace: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['lake', 'datasets', search, namespace],
    queryFn: ({ pageParam, signal }) =>
      get<{ datasets: DatasetRow[]; next_page_token?: string }>(DATASETS, { search, namespace, max_results: PAGE, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData,
    retry: false,
  })
}

/** Names alone, for the palette and for pickers. */
export function datasetNamesQuery(search: string, most = 8) {
  return queryOptions({
    queryKey: ['lake', 'names', search, most],
    queryFn: async ({ signal }) => (await get<{ datasets: DatasetRow[] }>(DATASETS, { search, max_results: most }, signal)).datasets,
    retry: false,
  })
}

export const namespacesQuery = queryOptions({
  queryKey: ['lake', 'namespaces'],
  queryFn: async ({ signal }) => (await get<{ namespaces: string[] }>(`${OWN}/namespaces`, {}, signal)).namespaces,
})

export function datasetQuery(name: string) {
  return queryOptions({
    queryKey: ['lake', 'dataset', name],
    queryFn: ({ signal }) => get<Dataset>(datasetPath(name), {}, signal),
  })
}

export function datasetVersionsQuery(name: string) {
  return infiniteQueryOptions({
    queryKey: ['lake', 'versions', name],
    queryFn: ({ pageParam, signal }) =>
      get<{ versions: DatasetVersion[]; next_page_token?: string }>(`${datasetPath(name)}/versions`, { max_results: 50, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token,
  })
}

export function datasetVersionQuery(name: string, version: string) {
  return queryOptions({
    queryKey: ['lake', 'version', name, version],
    queryFn: ({ signal }) => get<DatasetVersion>(`${datasetPath(name)}/version`, { version }, signal),
  })
}

export function pinsQuery(name: string) {
  return queryOptions({
    queryKey: ['lake', 'pins', name],
    queryFn: async ({ signal }) => (await get<{ pins: Pin[] }>(`${datasetPath(name)}/pins`, {}, signal)).pins,
  })
}

export interface Said {
  comment?: string
  owners?: readonly string[]
  tags?: readonly string[]
  columns?: Record<string, { doc?: string; unit?: string; tags?: readonly string[] }>
}

const describeDataset = (name: string, said: Said) => write<Dataset>('PATCH', datasetPath(name), said)
export const tagVersion = (name: string, tag: string, version: number) => write('POST', `${datasetPath(name)}/tags`, { name: tag, version: String(version) })
export const deleteRef = (name: string, ref: string) => write('DELETE', urlOf(`${datasetPath(name)}/tags`, { name: ref }), undefined)
export const rollBackDataset = (name: string, version: number, message: string) =>
  write<DatasetVersion>('POST', `${datasetPath(name)}/rollback`, { version: String(version), message })
export const pinVersion = (name: string, pin: { version?: string; kind: string; holder: string; reason: string }) => write<Pin>('POST', `${datasetPath(name)}/pins`, pin)
export const unpinVersion = (name: string, pin: { version?: string; kind: string; holder: string }) => write('DELETE', urlOf(`${datasetPath(name)}/pins`, pin), undefined)
export const dropDataset = (name: string) => write('DELETE', datasetPath(name), undefined)
export const renameDataset = (name: string, to: string) => write('POST', `${datasetPath(name)}/rename`, { new_name: to })
export const restoreDataset = (name: string) => write('POST', `${datasetPath(name)}/restore`, undefined)

// Files that become versions

export interface SchemaDiff {
  fits: boolean
  can_evolve: boolean
  reordered: boolean
  added: string[]
  missing: string[]
  retyped: string[]
  renames: { dataset: string; file: string; likelihood: number }[]
  /** All of it in words. */
  text: string
}

export interface FileView {
  upload: string
  format: string
  sampled_rows: number
  columns: { name: string; type: string }[]
  preview: (string | null)[][]
  problems: string[]
  /** Absent while there is no such dataset. */
  diff?: SchemaDiff
}

export interface FileCommit {
  upload: string
  mode: 'create' | 'append' | 'overwrite'
  mapping?: Record<string, string | null>
  types?: Record<string, string>
  evolve?: boolean
  allow_empty?: boolean
  message?: string
}

export interface Committed {
  number?: number
  added_rows?: number
  rows?: number
}

/** How a CSV file is written, where that cannot be found out; empty where it can. */
export type Reading = Partial<Record<'delimiter' | 'header' | 'encoding' | 'date_format' | 'timestamp_format' | 'decimal' | 'null', string>>

/** Sends a file; the server says which columns it found, and how they fit. */
export async function sendFile(dataset: string, file: File, reading: Reading, signal?: AbortSignal): Promise<FileView> {
  const response = await send(urlOf(`${datasetPath(dataset)}/uploads`, { name: file.name, ...reading }), {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
    ...(signal ? { signal } : {}),
  })
  return (await response.json()) as FileView
}

/** A large file is an operation; a small one is committed when this answers. */
export const commitFile = (dataset: string, commit: FileCommit) => write<Committed | Operation>('POST', `${datasetPath(dataset)}/versions`, commit)

/** Changes what is said, unless somebody else has changed it since it was read. */
export async function changeSaid(name: string, read: Said, said: Said): Promise<Dataset> {
  const now = await get<Dataset>(datasetPath(name))
  const differs = (what: string, before: unknown, current: unknown): void => {
    if (before === undefined || JSON.stringify(before) === JSON.stringify(current)) return
    const shown = Array.isArray(current) ? current.join(', ') : String(current)
    throw new ApiError(409, 'CONFLICT', `Somebody has changed ${what} meanwhile, to “${shown.length > 200 ? `${shown.slice(0, 200)}…` : shown}”. Look at it and begin again.`, '')
  }
  differs('the description', read.comment, now.comment)
  differs('the owners', read.owners, now.owners)
  differs('the tags', read.tags, now.tags)
  for (const [path, column] of Object.entries(read.columns ?? {})) {
    const current = now.columns.find((each) => each.path === path)
    differs(`what is said of ${path}`, column.doc, current?.doc)
    differs(`the unit of ${path}`, column.unit, current?.unit)
    differs(`the tags of ${path}`, column.tags, current?.tags)
  }
  return describeDataset(name, said)
}
