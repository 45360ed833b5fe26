// What of a run table's address a saved view keeps, and groups of runs as the address names them.

import { parseSearch, runsSearch, stringifySearch, type RunsSearch } from './search-params.ts'

/** Not what is ticked or open: that is somebody's work at hand. */
const KEPT = ['filter', 'order', 'column', 'stage', 'group', 'group_order', 'best', 'better'] as const

/** The state of a table as a view keeps it. Equal tables have equal states. */
export function stateOf(search: RunsSearch): string {
  return stringifySearch(Object.fromEntries(KEPT.map((key) => [key, search[key]]))).slice(1)
}

/** The other way: every key that a view keeps stands in it, so that it replaces what was before. */
export function searchOf(state: string): RunsSearch {
  const read = runsSearch(parseSearch(state))
  return Object.fromEntries(KEPT.map((key) => [key, read[key]])) as RunsSearch
}

/** Whether a change to the table is one that a view would keep. */
export function touchesState(patch: RunsSearch): boolean {
  return KEPT.some((key) => key in patch)
}

/** A group in an address: `=value`, or `none` for the runs that have nothing. */
export function groupKey(value: string | null): string {
  return value === null ? 'none' : `=${value}`
}

export function groupValue(key: string): string | null {
  return key.startsWith('=') ? key.slice(1) : null
}

/** Which way most people read a metric of this name. */
export function lowIsBetter(metric: string): boolean {
  return /loss|err|mse|rmse|mae|mape|perplexity|ppl|brier|entropy|latency|seconds|duration|time|cost|wer|fpr|fnr|divergence|kl\b|regret/i.test(metric)
}
