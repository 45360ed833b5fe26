// What came from what, as the server's graph has it.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { get, OWN } from './client.ts'
import { DATASETS, type DatasetVersion } from './lake.ts'

export interface LineagePoint {
  urn: string
  kind: string
  /** Edges away from the one asked for; below zero for what it was made of. */
  distance: number
}

export interface LineageEdge {
  from: string
  to: string
  kind: string
  first_seen: string
  last_seen: string
  ended_at?: string
  detail?: string
  said_by: string
  said_in: string
  request_id: string
}

export interface LineageGraph {
  node: string
  nodes: LineagePoint[]
  edges: LineageEdge[]
  /** How many there are that one may not read. */
  hidden: number
  truncated: boolean
}

export interface Reach {
  counts: Record<string, number>
  groups: { kind: string; nodes: { urn: string; distance: number; path: string[] }[] }[]
  hidden: number
  truncated: boolean
}

export type Direction = 'up' | 'down' | 'both'
export type Question = 'impact' | 'provenance'

export const LINEAGE = `${OWN}/lineage`
/** More are no picture any more; the lists beside it have them. */
export const MOST_DRAWN = 300

/** The end of a day here. */
export const endOf = (day: string | undefined): string | undefined => (day ? new Date(`${day}T23:59:59.999`).toISOString() : undefined)

export function lineageQuery(node: string, direction: Direction, depth: number, day?: string) {
  return queryOptions({
    queryKey: ['lake', 'lineage', node, direction, depth, day],
    queryFn: ({ signal }) => get<LineageGraph>(LINEAGE, { node, direction, depth, at: endOf(day), max_results: MOST_DRAWN }, signal),
    enabled: node !== '',
    placeholderData: keepPreviousData,
    retry: false,
  })
}

export function reachQuery(question: Question, node: string, day?: string) {
  return queryOptions({
    queryKey: ['lake', 'reach', question, node, day],
    queryFn: ({ signal }) => get<Reach>(`${LINEAGE}/${question}`, { node, at: endOf(day), max_results: 1000 }, signal),
    enabled: node !== '',
    retry: false,
  })
}

/** The numbers of a dataset's latest versions, by their snapshots. */
export function versionNumbersQuery(name: string) {
  return queryOptions({
    queryKey: ['lake', 'version-numbers', name],
    queryFn: async ({ signal }) => {
      const { versions } = await get<{ versions: DatasetVersion[] }>(`${DATASETS}/${encodeURIComponent(name)}/versions`, { max_results: 1000 }, signal)
      return new Map(versions.map((version) => [version.snapshot_id, version.number]))
    },
    retry: false,
  })
}
