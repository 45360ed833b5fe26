// The state of the serving screens in their URLs.

import { oneOf, rangeOf, textOf, tidy } from './search-params.ts'

export interface EndpointsSearch {
  q?: string
  /** The model that a dialog asks where to deploy, as in churn/4. */
  deploy?: string
}

export function endpointsSearch(search: Record<string, unknown>): EndpointsSearch {
  return tidy({ q: textOf(search.q), deploy: textOf(search.deploy) })
}

export const ENDPOINT_SECTIONS = ['now', 'try', 'predictions', 'truth', 'revisions', 'policy'] as const
export const ACTIVITY_MINUTES = ['5', '15', '60'] as const
export const TRUTH_MEASURES = ['accuracy', 'absolute_error', 'squared_error'] as const
export type TruthMeasure = (typeof TRUTH_MEASURES)[number]
export const CODES = ['curl', 'python', 'tritonclient', 'java'] as const
export type CodeKind = (typeof CODES)[number]

export interface EndpointSearch {
  section?: (typeof ENDPOINT_SECTIONS)[number]
  /** How far the charts go back; as far as there is anything, without it. */
  minutes?: (typeof ACTIVITY_MINUTES)[number]
  /** Epoch milliseconds. */
  zoom?: string
  /** In what the call is shown; curl without it. */
  code?: CodeKind
  /** The name of the truth by which two variants are compared, how, and of which of their outputs. */
  truth?: string
  measure?: TruthMeasure
  output?: string
  first?: string
  second?: string
}

export function endpointSearch(search: Record<string, unknown>): EndpointSearch {
  return tidy({
    section: oneOf(search.section, ENDPOINT_SECTIONS),
    minutes: oneOf(search.minutes, ACTIVITY_MINUTES),
    zoom: rangeOf(search.zoom)?.join(','),
    code: oneOf(search.code, CODES),
    truth: textOf(search.truth),
    measure: oneOf(search.measure, TRUTH_MEASURES),
    output: textOf(search.output),
    first: textOf(search.first),
    second: textOf(search.second),
  })
}

export interface PredictionSearch {
  /** Of a request of several rows; the first without it. */
  row?: string
}

export function predictionSearch(search: Record<string, unknown>): PredictionSearch {
  const text = textOf(search.row)
  return tidy({ row: text && /^\d{1,6}$/.test(text) ? text : undefined })
}
