// Columns of a run table, written as in a filter: metrics.loss, metrics.loss.max, params.lr, tags.team, and attributes.

import { fieldName } from './filter.ts'

export type ColumnKind = 'attribute' | 'metric' | 'param' | 'tag'
export const METRIC_PARTS = ['min', 'max'] as const
export type MetricPart = (typeof METRIC_PARTS)[number]

export interface RunColumn {
  id: string
  kind: ColumnKind
  key: string
  part?: MetricPart
}

export const ATTRIBUTES = ['start_time', 'duration', 'user_id', 'run_id'] as const

export const ATTRIBUTE_LABELS: Record<string, string> = {
  run_name: 'Run',
  status: 'Status',
  start_time: 'Started',
  duration: 'Duration',
  user_id: 'User',
  run_id: 'Run ID',
}

const COLUMN = /^(metrics|params|tags)\.(?:`([^`]+)`|"([^"]+)"|(.+?))(?:\.(min|max))?$/

export function parseColumn(id: string): RunColumn | undefined {
  if (id in ATTRIBUTE_LABELS) return { id, kind: 'attribute', key: id }
  const match = COLUMN.exec(id)
  if (!match) return undefined
  const kind = match[1]!.slice(0, -1) as 'metric' | 'param' | 'tag'
  const key = match[2] ?? match[3] ?? match[4]!
  const part = match[5] as MetricPart | undefined
  if (part === undefined) return { id, kind, key }
  // Only metrics have extremes; elsewhere the ending belongs to the name.
  if (kind === 'metric') return { id, kind, key, part }
  return match[4] === undefined ? undefined : { id, kind, key: `${key}.${part}` }
}

export function columnId(kind: 'metric' | 'param' | 'tag', key: string, part?: MetricPart): string {
  const extreme = /\.(min|max)$/.test(key)
  const field = extreme ? (key.includes('`') ? `${kind}s."${key}"` : `${kind}s.\`${key}\``) : fieldName(`${kind}s`, key)
  return part ? `${field}.${part}` : field
}

export function columnLabel(column: RunColumn): string {
  if (column.kind === 'attribute') return ATTRIBUTE_LABELS[column.key] ?? column.key
  return column.part ? `${column.key} ${column.part}` : column.key
}

export function isNumeric(column: RunColumn): boolean {
  return column.kind === 'metric' || column.key === 'start_time' || column.key === 'duration'
}

/** The field of a filter or an order that asks for what a column shows; undefined where MLflow's grammar has none. */
export function columnField(column: RunColumn): string | undefined {
  switch (column.kind) {
    case 'attribute':
      return column.key === 'duration' ? undefined : `attributes.${column.key}`
    case 'metric':
      return column.part ? undefined : fieldName('metrics', column.key)
    case 'param':
      return fieldName('params', column.key)
    case 'tag':
      return fieldName('tags', column.key)
  }
}

export interface Order {
  field: string
  descending: boolean
}

export function parseOrder(order: string | undefined): Order | undefined {
  if (!order) return undefined
  const match = /^(.*?)(?:\s+(asc|desc))?$/i.exec(order.trim())
  return match?.[1] ? { field: match[1], descending: match[2]?.toLowerCase() === 'desc' } : undefined
}

/** Unsorted, then best first, then the other way, then unsorted. */
export function nextOrder(current: string | undefined, field: string, numeric: boolean): string | undefined {
  const order = parseOrder(current)
  const first = numeric
  if (!order || order.field !== field) return `${field} ${first ? 'DESC' : 'ASC'}`
  if (order.descending === first) return `${field} ${first ? 'ASC' : 'DESC'}`
  return undefined
}
