// The state of a screen in its URL: plain `name=value` pairs, a name twice for two values. Nothing is JSON, so that a
// person can read and write it.

export type Search = Record<string, string | string[] | undefined>

export function parseSearch(query: string): Search {
  const search: Search = {}
  for (const [name, value] of new URLSearchParams(query)) {
    const old = search[name]
    search[name] = old === undefined ? value : Array.isArray(old) ? [...old, value] : [old, value]
  }
  return search
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '' && each !== false) params.append(name, each === true ? '1' : String(each))
    }
  }
  // Readable where a URL may be: spaces as +, and the signs of filters and columns as they are.
  const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%27', "'")
  return text === '' ? '' : `?${text}`
}

export function textOf(value: unknown): string | undefined {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' && first !== '' ? first : undefined
}

export function listOf(value: unknown): string[] | undefined {
  const list = (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string' && each !== '')
  return list.length > 0 ? [...new Set(list)] : undefined
}

export function oneOf<T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  const text = textOf(value)
  return choices.find((choice) => choice === text)
}

export function flagOf(value: unknown): boolean | undefined {
  return textOf(value) === '1' || value === true ? true : undefined
}

/** Two numbers, the first below the second. */
export function rangeOf(value: unknown): [number, number] | undefined {
  const parts = textOf(value)?.split(',').map(Number)
  return parts?.length === 2 && parts.every(Number.isFinite) && parts[0]! < parts[1]! ? [parts[0]!, parts[1]!] : undefined
}

export function weightOf(value: unknown): number | undefined {
  const number = Number(textOf(value))
  return number > 0 && number < 1 ? number : undefined
}

export interface RunsSearch {
  filter?: string
  order?: string
  column?: string[]
  stage?: 'archived'
  /** Runs that are ticked. */
  run?: string[]
}

export function runsSearch(search: Record<string, unknown>): RunsSearch {
  return tidy({
    filter: textOf(search.filter),
    order: textOf(search.order),
    column: listOf(search.column),
    stage: oneOf(search.stage, ['archived']),
    run: listOf(search.run),
  })
}

export interface ChartSearch {
  /** Part of a metric's name. */
  metric?: string
  x?: 'time'
  log?: boolean
  smooth?: string
  zoom?: string
}

export function chartSearch(search: Record<string, unknown>): ChartSearch {
  return tidy({
    metric: textOf(search.metric),
    x: oneOf(search.x, ['time']),
    log: flagOf(search.log),
    smooth: weightOf(search.smooth)?.toString(),
    zoom: rangeOf(search.zoom)?.join(','),
  })
}

export const RUN_TABS = ['overview', 'metrics', 'artifacts'] as const

export interface RunSearch extends ChartSearch {
  tab?: (typeof RUN_TABS)[number]
  path?: string
}

export function runSearch(search: Record<string, unknown>): RunSearch {
  return tidy({ tab: oneOf(search.tab, RUN_TABS), path: textOf(search.path), ...chartSearch(search) })
}

export interface CompareSearch extends ChartSearch {
  run?: string[]
  all?: boolean
}

export function compareSearch(search: Record<string, unknown>): CompareSearch {
  return tidy({ run: listOf(search.run), all: flagOf(search.all), ...chartSearch(search) })
}

export interface ListSearch {
  q?: string
  stage?: 'archived'
  order?: string
}

export function listSearch(search: Record<string, unknown>): ListSearch {
  return tidy({ q: textOf(search.q), stage: oneOf(search.stage, ['archived']), order: textOf(search.order) })
}

/** Without what is unset, so that equal states have equal URLs. */
export function tidy<T extends object>(state: T): T {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)) as T
}
