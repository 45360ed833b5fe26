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

function fieldOf(value: unknown, kinds: RegExp): string | undefined {
  const text = textOf(value)
  return text && kinds.test(text) ? text : undefined
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
  /** What the runs are grouped by: params.lr, tags.team. */
  group?: string
  group_order?: string
  /** Groups that are open; see groupKey. */
  open?: string[]
  /** The metric that decides which run is best. */
  best?: string
  better?: 'low' | 'high'
  /** Runs that are ticked. */
  run?: string[]
  /** The saved view that is open. */
  view?: string
  /** The table is no longer as the view has it, even if nothing else stands in the address. */
  changed?: boolean
}

export function runsSearch(search: Record<string, unknown>): RunsSearch {
  return tidy({
    filter: textOf(search.filter),
    order: textOf(search.order),
    column: listOf(search.column),
    stage: oneOf(search.stage, ['archived']),
    group: fieldOf(search.group, /^(params|tags)\./),
    group_order: textOf(search.group_order),
    open: listOf(search.open),
    best: fieldOf(search.best, /^metrics\./),
    better: oneOf(search.better, ['low', 'high']),
    run: listOf(search.run),
    view: textOf(search.view),
    changed: flagOf(search.changed),
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

/** Runs that have curves and differences at once; plots take more. */
export const MOST_COMPARED = 50

export interface CompareSearch extends ChartSearch {
  run?: string[]
  /** All runs of an experiment that match a filter are looked at beside those that are chosen. */
  experiment?: string
  filter?: string
  /** Also what is equal. */
  all?: boolean
  /** Each run has a chart of its own. */
  mode?: 'side'
  /** The param that tells apart the runs of one line. */
  band?: string
  /** By the value of that param, instead of all others being equal. */
  band_by?: 'value'
  spread?: 'sd'
  /** Axes of the parallel coordinates, and the ranges chosen on them. */
  axis?: string[]
  brush?: string[]
  /** Scatter: x, y and colour. */
  sx?: string
  sy?: string
  sc?: string
  /** Contour: x, y and height. */
  cx?: string
  cy?: string
  cz?: string
}

export function compareSearch(search: Record<string, unknown>): CompareSearch {
  return tidy({
    run: listOf(search.run),
    experiment: textOf(search.experiment),
    filter: textOf(search.filter),
    all: flagOf(search.all),
    mode: oneOf(search.mode, ['side']),
    band: textOf(search.band),
    band_by: oneOf(search.band_by, ['value']),
    spread: oneOf(search.spread, ['sd']),
    axis: listOf(search.axis),
    brush: listOf(search.brush),
    sx: textOf(search.sx),
    sy: textOf(search.sy),
    sc: textOf(search.sc),
    cx: textOf(search.cx),
    cy: textOf(search.cy),
    cz: textOf(search.cz),
    ...chartSearch(search),
  })
}

export interface ListSearch {
  q?: string
  stage?: 'archived'
  order?: string
}

export function listSearch(search: Record<string, unknown>): ListSearch {
  return tidy({ q: textOf(search.q), stage: oneOf(search.stage, ['archived']), order: textOf(search.order) })
}

export const ACCESS_PARTS = ['users', 'groups', 'tokens', 'grants', 'explain'] as const
export type AccessPart = (typeof ACCESS_PARTS)[number]

export interface AccessSearch {
  part?: AccessPart
  q?: string
  order?: string
  /** The group that is open. */
  group?: string
  /** Whose tokens, when not everybody's. */
  owner?: string
  /** Whose rights are explained, as in ann. */
  who?: string
  /** On what, as in model:churn. */
  on?: string
}

export function accessSearch(search: Record<string, unknown>): AccessSearch {
  return tidy({
    part: oneOf(search.part, ACCESS_PARTS),
    q: textOf(search.q),
    order: textOf(search.order),
    group: textOf(search.group),
    owner: textOf(search.owner),
    who: textOf(search.who),
    on: textOf(search.on),
  })
}

export interface SignInSearch {
  return?: string
  with?: 'token'
}

export function signInSearch(search: Record<string, unknown>): SignInSearch {
  return tidy({ return: textOf(search.return), with: oneOf(search.with, ['token']) })
}

/** Where somebody goes after signing in: a page of this UI, and nothing else that a link may name. */
export function returnPath(wanted: string | undefined): string {
  if (wanted === undefined || !/^\/ui\/[\w.~!$&'()*+,;=:@/?%-]{0,1900}$/.test(wanted)) return '/ui/'
  // As a browser reads it: /ui/../x leads elsewhere.
  return /^\/ui\/(?!sign-in\b)/.test(new URL(wanted, 'http://localhost').pathname) ? wanted : '/ui/'
}

/** Without what is unset, so that equal states have equal URLs. */
export function tidy<T extends object>(state: T): T {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)) as T
}
