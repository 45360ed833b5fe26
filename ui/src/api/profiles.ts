// What the columns of a dataset hold, what has moved between versions, and the rules that a dataset must keep.

import { queryOptions } from '@tanstack/react-query'
import { get, write } from './client.ts'
import { datasetPath } from './lake.ts'

/** Numbers, texts of times, or what JSON cannot say as a number. */
export type Shown = number | string | null

export interface Figures {
  min?: Shown
  max?: Shown
  mean?: Shown
  deviation?: Shown
  /** By rank, as '0.5'. */
  quantiles?: Record<string, Shown>
  histogram?: { edges: Shown[]; counts: number[] }
}

export interface ColumnProfile extends Figures {
  field_id: number
  name: string
  type: string
  /** Values that are there; absent when the column was not read. */
  count?: number
  nulls?: number
  nans?: number
  distinct?: { estimate: number; least: number; most: number }
  /** Of texts. */
  length?: Figures
  top?: { value: Shown; count: number }[]
  /** Whether `top` has every value with its exact count. */
  all_values_known?: boolean
  hints?: { looks_like: string; share: number; of: number }[]
}

interface VersionRead {
  number: number
  snapshot_id: string
}

export interface Profile {
  version?: VersionRead
  rows: number
  columns: ColumnProfile[]
  correlations: { sampled_rows: number; pairs: { a: string; b: string; r: number; rows: number }[] }
}

export interface MovedColumn {
  field_id: number
  name: string
  before?: ColumnProfile
  after?: ColumnProfile
  moved?: { psi?: number; ks?: number; null_share_before: number; null_share_after: number; appeared: Shown[]; gone: Shown[] }
}

export interface ProfileDiff {
  rows: { before: number; after: number }
  columns: MovedColumn[]
}

export function profileQuery(dataset: string, version: number) {
  return queryOptions({
    queryKey: ['profile', dataset, version],
    queryFn: ({ signal }) => get<Profile>(`${datasetPath(dataset)}/profile`, { version }, signal),
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

export function profileDiffQuery(dataset: string, from: number, to: number) {
  return queryOptions({
    queryKey: ['profile-diff', dataset, from, to],
    queryFn: ({ signal }) => get<ProfileDiff>(`${datasetPath(dataset)}/profile/diff`, { from, to }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

// Rules

export const RULE_KINDS = ['not_null', 'unique', 'range', 'set', 'regex', 'foreign_key', 'row_count', 'freshness', 'expression'] as const
export type RuleKind = (typeof RULE_KINDS)[number]

export interface Rule {
  name: string
  kind: RuleKind
  severity: 'error' | 'warning'
  columns: string[]
  min?: number | string
  max?: number | string
  values?: (number | string)[]
  pattern?: string
  dataset?: string
  column?: string
  max_age?: string
  expression?: string
}

export interface Rules {
  /** Whether a version that breaks an error rule is kept from main. */
  guarded: boolean
  rules: Rule[]
}

export interface Quality {
  version?: VersionRead
  guarded: boolean
  passed: boolean
  results: { rule: string; kind: string; severity: string; passed: boolean; measured: string; violations: number; examples: string[] }[]
}

export function rulesQuery(dataset: string) {
  return queryOptions({
    queryKey: ['lake', 'rules', dataset],
    queryFn: ({ signal }) => get<Rules>(`${datasetPath(dataset)}/rules`, {}, signal),
    retry: false,
  })
}

/** Undefined while nothing was committed that could keep a rule. */
export function qualityQuery(dataset: string, version: number) {
  return queryOptions({
    queryKey: ['lake', 'quality', dataset, version],
    queryFn: ({ signal }) => get<Quality>(`${datasetPath(dataset)}/quality`, { version }, signal),
    retry: false,
  })
}

export const checkAgain = (dataset: string, version: number) => get<Quality>(`${datasetPath(dataset)}/quality`, { version, again: true })

const rulePath = (dataset: string, name: string): string => `${datasetPath(dataset)}/rules/${encodeURIComponent(name)}`
export const setRule = (dataset: string, { name, ...rule }: Rule) => write<Rule>('PUT', rulePath(dataset, name), rule)
export const removeRule = (dataset: string, name: string) => write('DELETE', rulePath(dataset, name), undefined)
export const setGuard = (dataset: string, guarded: boolean) => write<Rules>('PUT', `${datasetPath(dataset)}/guard`, { guarded })

