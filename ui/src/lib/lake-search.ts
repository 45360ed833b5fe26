// The state of the lake's screens in their URLs.

import { flagOf, listOf, oneOf, textOf, tidy } from './search-params.ts'
import { CHARTS, type ChartKind } from './sql-result.ts'

export interface DatasetsSearch {
  q?: string
  /** The namespace, with all below it. */
  in?: string
  tag?: string[]
  owner?: string[]
  order?: string
}

export function datasetsSearch(search: Record<string, unknown>): DatasetsSearch {
  return tidy({ q: textOf(search.q), in: textOf(search.in), tag: listOf(search.tag), owner: listOf(search.owner), order: textOf(search.order) })
}

export const DATASET_ASPECTS = ['columns', 'preview', 'versions', 'compare', 'quality', 'consumers', 'use'] as const

export interface DatasetSearch {
  aspect?: (typeof DATASET_ASPECTS)[number]
  /** The number of the version that is looked at; the latest without it. */
  version?: string
  /** Whether the values of its columns are looked at; if it says nothing, they are where that is not much to read. */
  values?: 'shown' | 'hidden'
  /** The versions that are compared. */
  from?: string
  to?: string
}

export function datasetSearch(search: Record<string, unknown>): DatasetSearch {
  return tidy({ aspect: oneOf(search.aspect, DATASET_ASPECTS), version: numberOf(search.version), values: oneOf(search.values, ['shown', 'hidden'] as const), from: numberOf(search.from), to: numberOf(search.to) })
}

function dayOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined
}

function numberOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text && /^[1-9]\d{0,8}$/.test(text) ? text : undefined
}

export const SQL_PANES = ['table', 'chart', 'plan'] as const
export const SQL_SIDES = ['datasets', 'saved', 'history'] as const

export interface SqlSearch {
  sql?: string
  /** The saved query that is open; `sql` is what was changed of it. */
  saved?: string
  pane?: (typeof SQL_PANES)[number]
  side?: (typeof SQL_SIDES)[number]
  /** Whether the history is everybody's. */
  everybodys?: boolean
  kind?: ChartKind
  /** Names of columns. */
  cx?: string
  cy?: string[]
}

export function sqlSearch(search: Record<string, unknown>): SqlSearch {
  return tidy({
    sql: textOf(search.sql),
    saved: textOf(search.saved),
    pane: oneOf(search.pane, SQL_PANES),
    side: oneOf(search.side, SQL_SIDES),
    everybodys: flagOf(search.everybodys),
    kind: oneOf(search.kind, CHARTS),
    cx: textOf(search.cx),
    cy: listOf(search.cy),
  })
}

export interface LineageSearch {
  /** A URN. */
  node?: string
  direction?: 'up' | 'down'
  /** How many edges away. */
  depth?: string
  columns?: boolean
  /** Things whose onward ways are out of sight. */
  closed?: string[]
  side?: 'provenance' | 'impact'
  /** A day: as it stood at its end. */
  at?: string
}

export function lineageSearch(search: Record<string, unknown>): LineageSearch {
  const depth = Number(textOf(search.depth))
  return tidy({
    node: textOf(search.node),
    direction: oneOf(search.direction, ['up', 'down'] as const),
    depth: Number.isInteger(depth) && depth >= 1 && depth <= 100 ? String(depth) : undefined,
    columns: flagOf(search.columns),
    closed: listOf(search.closed),
    side: oneOf(search.side, ['provenance', 'impact'] as const),
    at: dayOf(search.at),
  })
}
