// The run table and its neighbours, from Millwright's own API.

import { infiniteQueryOptions, keepPreviousData, queryOptions, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { type RunColumn } from '../lib/columns.ts'
import { toNumber } from '../lib/format.ts'
import { get, OWN, type Query } from './client.ts'
import type { RunStatus } from './tracking.ts'

export type Cell = string | number | null

export interface RunRow {
  id: string
  name: string
  status: RunStatus
  startTime: number
  endTime: number | null
  user: string
  archived: boolean
  starred: boolean
  cells: Map<string, Cell>
}

/** Who starred a run wants to find it again: a tag, so that it can be filtered by. */
export const STAR_TAG = 'millwright.starred'
export const STAR_COLUMN = `tags.${STAR_TAG}`

interface Page {
  columns: string[]
  rows: Cell[][]
  next_page_token?: string
}

export interface RunsAsked {
  experiment: string
  columns: string[]
  filter?: string
  order?: string
  archived: boolean
}

export function runsUrl(asked: RunsAsked): { path: string; query: Query } {
  return {
    path: `${OWN}/experiments/${asked.experiment}/runs`,
    query: {
      column: asked.columns,
      filter: asked.filter,
      order_by: asked.order,
      view: asked.archived ? 'deleted' : undefined,
    },
  }
}

export function runsQuery(asked: RunsAsked) {
  const { path, query } = runsUrl(asked)
  return infiniteQueryOptions({
    // Not under the experiment's topic: the screen decides when a table that is being read may change.
    queryKey: ['run-table', asked],
    queryFn: ({ pageParam, signal }) => get<Page>(path, { ...query, max_results: 100, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    retry: false,
  })
}

export interface RecentRun {
  run_id: string
  run_name: string
  experiment_id: string
  experiment_name: string
  status: RunStatus
  start_time: number
  end_time?: number
  user_id: string
}

/** The runs that began last, in whichever experiment. */
export function recentRunsQuery(status: RunStatus | undefined, most: number) {
  return queryOptions({
    queryKey: ['tracking', 'recent', status, most],
    queryFn: ({ signal }) => get<{ runs: RecentRun[]; more: boolean }>(`${OWN}/runs/recent`, { status, max_results: most }, signal),
  })
}

export function rowsOf(pages: readonly Page[]): RunRow[] {
  const rows: RunRow[] = []
  for (const page of pages) {
    for (const row of page.rows) {
      const cells = new Map(page.columns.slice(7).map((column, i): [string, Cell] => [column, row[i + 7] ?? null]))
      rows.push({
        id: String(row[0]),
        name: String(row[1] ?? ''),
        status: row[2] as RunStatus,
        startTime: Number(row[3] ?? 0),
        endTime: row[4] === null || row[4] === undefined ? null : Number(row[4]),
        user: String(row[5] ?? ''),
        archived: row[6] === 'deleted',
        starred: cells.get(STAR_COLUMN) === 'true',
        cells,
      })
    }
  }
  return rows
}

/** Shows at once what was starred; the server's word follows. */
export function showStars(client: QueryClient, ids: readonly string[], on: boolean): void {
  const meant = new Set(ids)
  client.setQueriesData<InfiniteData<Page, string>>({ queryKey: ['run-table'] }, (old) => {
    if (!old) return old
    const pages = old.pages.map((page) => {
      const at = page.columns.indexOf(STAR_COLUMN)
      return at < 0 ? page : { ...page, rows: page.rows.map((row) => (meant.has(String(row[0])) ? row.with(at, on ? 'true' : null) : row)) }
    })
    return { ...old, pages }
  })
  client.setQueriesData<RunRow[]>({ queryKey: ['run-group'] }, (old) => old?.map((row) => (meant.has(row.id) ? { ...row, starred: on } : row)))
}

/** What a run shows in a column. */
export function cellOf(row: RunRow, column: RunColumn, now: number): Cell {
  switch (column.id) {
    case 'run_name':
      return row.name
    case 'status':
      return row.status
    case 'start_time':
      return row.startTime
    case 'duration':
      return row.startTime === 0 ? null : row.endTime === null ? (row.status === 'RUNNING' ? now - row.startTime : null) : row.endTime - row.startTime
    case 'user_id':
      return row.user
    case 'run_id':
      return row.id
    default: {
      const cell = row.cells.get(column.id) ?? null
      return column.kind === 'metric' && typeof cell === 'string' ? (toNumber(cell) ?? cell) : cell
    }
  }
}

/** The run with the lowest or highest last value of a metric, among those that match. */
export function bestRunQuery(asked: Omit<RunsAsked, 'columns' | 'order'>, metric: string, better: 'low' | 'high') {
  const { path, query } = runsUrl({ ...asked, columns: [metric], order: `${metric} ${better === 'low' ? 'ASC' : 'DESC'}` })
  return queryOptions({
    queryKey: ['run-best', asked, metric, better],
    queryFn: async ({ signal }) => {
      const row = rowsOf([await get<Page>(path, { ...query, max_results: 1 }, signal)])[0]
      const value = toNumber(row?.cells.get(metric))
      return row && value !== undefined && !Number.isNaN(value) ? { row, value } : null
    },
    placeholderData: keepPreviousData,
    retry: false,
  })
}

export interface Spread {
  numbers: number
  mean: number | string
  sd: number | string | null
  min: number | string
  max: number | string
}

export interface RunGroup {
  value: string | null
  runs: number
  cells: (Spread | null)[]
}

export interface GroupsAsked {
  experiment: string
  by: string
  columns: string[]
  filter?: string
  order?: string
  archived: boolean
}

export const MOST_GROUPS = 1000

export function runGroupsUrl(asked: GroupsAsked): { path: string; query: Query } {
  return {
    path: `${OWN}/experiments/${asked.experiment}/run-groups`,
    query: {
      by: asked.by,
      column: asked.columns,
      filter: asked.filter,
      order_by: asked.order,
      view: asked.archived ? 'deleted' : undefined,
      max_results: MOST_GROUPS,
    },
  }
}

export function runGroupsQuery(asked: GroupsAsked) {
  const { path, query } = runGroupsUrl(asked)
  return queryOptions({
    queryKey: ['run-groups', asked],
    queryFn: ({ signal }) => get<{ columns: string[]; groups: RunGroup[]; group_count: number; run_count: number }>(path, query, signal),
    placeholderData: keepPreviousData,
    retry: false,
  })
}

/** The first runs of a group. */
export function groupRunsQuery(asked: RunsAsked, most: number) {
  const { path, query } = runsUrl(asked)
  return queryOptions({
    queryKey: ['run-group', asked, most],
    queryFn: async ({ signal }) => rowsOf([await get<Page>(path, { ...query, max_results: most }, signal)]),
    placeholderData: keepPreviousData,
    retry: false,
  })
}

export interface ColumnName {
  name: string
  runs: number
  system?: boolean
}

export interface ColumnNames {
  metrics: ColumnName[]
  params: ColumnName[]
  tags: ColumnName[]
  counted_to: number
  more?: string[]
}

export function runColumnsQuery(experiment: string, prefix = '', most = 1000) {
  return queryOptions({
    queryKey: ['run-columns', experiment, prefix, most],
    queryFn: ({ signal }) => get<ColumnNames>(`${OWN}/experiments/${experiment}/run-columns`, { prefix, max_results: most }, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
}

export function runCountQuery(experiment: string, filter: string | undefined, archived: boolean) {
  return queryOptions({
    queryKey: ['run-count', experiment, filter, archived],
    queryFn: ({ signal }) =>
      get<{ runs: number; more: boolean }>(
        `${OWN}/experiments/${experiment}/run-count`,
        { filter, view: archived ? 'deleted' : undefined, count_to: 100_000 },
        signal,
      ),
    placeholderData: keepPreviousData,
    retry: false,
  })
}

export interface Series {
  run_id: string
  key: string
  points: number
  x: number[]
  y: (number | string)[]
}

export interface SeriesAsked {
  runs: string[]
  keys: string[]
  x: 'step' | 'time'
  range?: [number, number]
  width: number
}

export function seriesQuery(asked: SeriesAsked) {
  const margin = asked.range ? (asked.range[1] - asked.range[0]) * 0.02 : 0
  return queryOptions({
    queryKey: ['series', asked],
    queryFn: async ({ signal }) =>
      (
        await get<{ series: Series[] }>(
          `${OWN}/metric-series`,
          {
            run: asked.runs,
            key: asked.keys,
            x: asked.x,
            from: asked.range ? Math.floor(asked.range[0] - margin) : undefined,
            to: asked.range ? Math.ceil(asked.range[1] + margin) : undefined,
            width: asked.width,
          },
          signal,
        )
      ).series,
    placeholderData: keepPreviousData,
    retry: false,
  })
}
