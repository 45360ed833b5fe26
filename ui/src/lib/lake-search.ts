// The state of the lake's screens in their URLs.

import { listOf, oneOf, textOf, tidy } from './search-params.ts'

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

export const DATASET_ASPECTS = ['columns', 'versions', 'use'] as const

export interface DatasetSearch {
  aspect?: (typeof DATASET_ASPECTS)[number]
  /** The number of the version that is looked at; the latest without it. */
  version?: string
}

export function datasetSearch(search: Record<string, unknown>): DatasetSearch {
  return tidy({ aspect: oneOf(search.aspect, DATASET_ASPECTS), version: numberOf(search.version) })
}

function numberOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text && /^[1-9]\d{0,8}$/.test(text) ? text : undefined
}
