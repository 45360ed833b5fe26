// What a column holds as bars: counts of its values where all are known, else a histogram.

import type { ColumnProfile, Shown } from '../api/profiles.ts'
import { formatNumber, toNumber } from './format.ts'

export interface Bars {
  /** What each bar stands for, where it stands for a value. */
  values?: readonly string[]
  counts: readonly number[]
}

export const BARS = 20

export function barsOf(column: ColumnProfile): Bars | undefined {
  const { top = [], all_values_known: known, histogram, distinct } = column
  if (known && top.length > 0 && (distinct?.estimate ?? 0) <= top.length && !(histogram && top.length > 6)) {
    return { values: top.map(({ value }) => shownValue(value)), counts: top.map(({ count }) => count) }
  }
  if (histogram) return { counts: histogram.counts }
  return top.length > 0 ? { values: top.map(({ value }) => shownValue(value)), counts: top.map(({ count }) => count) } : undefined
}

/** Two columns with bars that stand for the same: values by their name, ranges by their edges. */
export function pairedBars(before: ColumnProfile | undefined, after: ColumnProfile | undefined): [Bars | undefined, Bars | undefined] {
  const [left, right] = [before && barsOf(before), after && barsOf(after)]
  if (!left || !right) return [left, right]
  if (left.values && right.values) {
    const names = [...new Set([...left.values, ...right.values])].slice(0, BARS)
    const under = (bars: Bars): Bars => ({ values: names, counts: names.map((name) => bars.counts[bars.values!.indexOf(name)] ?? 0) })
    return [under(left), under(right)]
  }
  const edges = [before!.histogram?.edges, after!.histogram?.edges].map((all) => all?.map(placeOf))
  const [a, b] = edges
  if (!a || !b || left.values || right.values) return [left, right]
  const [low, high] = [Math.min(a[0]!, b[0]!), Math.max(a.at(-1)!, b.at(-1)!)]
  if (!(low < high)) return [left, right]
  return [{ counts: spread(a, left.counts, low, high) }, { counts: spread(b, right.counts, low, high) }]
}

/** Counts put into other bins of equal width, as if each bin's were spread evenly in it. */
export function spread(edges: readonly number[], counts: readonly number[], low: number, high: number): number[] {
  const width = (high - low) / BARS
  const into = new Array<number>(BARS).fill(0)
  counts.forEach((count, i) => {
    const [from, to] = [edges[i]!, edges[i + 1]!]
    for (let bin = 0; bin < BARS; bin++) {
      const [start, end] = [low + bin * width, low + (bin + 1) * width]
      const shared = Math.min(end, to) - Math.max(start, from)
      if (shared > 0) into[bin]! += (count * shared) / (to - from)
    }
  })
  return into
}

/** Where a number or a time stands on its axis. */
export function placeOf(value: Shown): number {
  const number = toNumber(value)
  if (number !== undefined) return number
  const text = String(value).replace(' ', 'T')
  if (/^\d{2}:\d{2}/.test(text)) return Date.parse(`1970-01-01T${text.replace(/Z$/, '')}Z`)
  return Date.parse(/[zZ]$|[+-]\d{2}:?\d{2}$/.test(text) || !text.includes('T') ? text : `${text}Z`)
}

export function shownValue(value: Shown | undefined): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'number' ? formatNumber(value) : value
}

export const rowsOf = ({ count = 0, nulls = 0 }: ColumnProfile): number => count + nulls
export const missingShare = (column: ColumnProfile): number => (rowsOf(column) === 0 ? 0 : ((column.nulls ?? 0) + (column.nans ?? 0)) / rowsOf(column))
/** Of texts their lengths are measured; a median of those says little. */
export const medianOf = (column: ColumnProfile): string => shownValue(column.quantiles?.['0.5'])
