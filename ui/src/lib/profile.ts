// What the values of columns are like, asked for by SQL: a summary first, then counts in bins that fit it.

import { isNumericType, isTimeType } from './sql-result.ts'

export interface ColumnSummary {
  name: string
  /** As DuckDB calls it. */
  type: string
  /** Texts, as they are shown. */
  min: string | null
  max: string | null
  distinct: number
  mean: number | null
  deviation: number | null
  median: string | null
  rows: number
  /** From 0 to 1. */
  nulls: number
}

export interface Bins {
  /** Where the first bin begins and the last one ends, as numbers or seconds; absent for counts of values. */
  range?: readonly [number, number]
  /** What each bar stands for, where it stands for a value. */
  values?: readonly string[]
  counts: readonly number[]
}

export interface ColumnProfile extends ColumnSummary {
  bins?: Bins
}

export const BINS = 20
/** A column with more values has no bar for each. */
const MOST_VALUES = 24
const MOST_COLUMNS = 200

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const numberOf = (text: unknown): number | null => (text === null || text === '' || !Number.isFinite(Number(text)) ? null : Number(text))

/** The rows of SUMMARIZE. */
export function summariesOf(rows: readonly (readonly unknown[])[]): ColumnSummary[] {
  return rows.map(([name, type, min, max, distinct, mean, deviation, , median, , count, nulls]) => ({
    name: String(name),
    type: String(type),
    min: min === null ? null : String(min),
    max: max === null ? null : String(max),
    distinct: Number(distinct),
    mean: isNumericType(String(type)) ? numberOf(mean) : null,
    deviation: numberOf(deviation),
    median: median === null || median === undefined ? null : String(median),
    rows: Number(count),
    nulls: Number(nulls) / 100,
  }))
}

/** How a column's values are put into bins; undefined when they are not. */
export type Binning = { kind: 'range'; range: readonly [number, number] } | { kind: 'values' } | undefined

/** @param all the same column in each of the versions that are compared: they get the same bins */
export function binningOf(all: readonly ColumnSummary[]): Binning {
  const known = all.filter(({ min, max }) => min !== null && max !== null)
  if (known.length === 0) return undefined
  if (known.every(({ type }) => isNumericType(type) || isTimeType(type))) {
    const ends = known.flatMap(({ type, min, max }) => [min!, max!].map((text) => placeOf(text, type)))
    if (!ends.every(Number.isFinite)) return undefined
    const range = [Math.min(...ends), Math.max(...ends)] as const
    return range[0] < range[1] ? { kind: 'range', range } : known[0]!.distinct <= MOST_VALUES ? { kind: 'values' } : undefined
  }
  return known.every(({ distinct, type }) => distinct <= MOST_VALUES && /^(VARCHAR|BOOLEAN|ENUM|UUID)/.test(type)) ? { kind: 'values' } : undefined
}

function placeOf(text: string, type: string): number {
  if (!isTimeType(type)) return Number(text)
  const iso = text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00')
  return Date.parse(/[zZ]$|[+-]\d{2}:\d{2}$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`) / 1000
}

/** One row with the counts of each column, in the order of those that have bins. */
export function countsSql(from: string, columns: readonly { summary: ColumnSummary; binning: Binning }[]): string | undefined {
  const parts = columns.slice(0, MOST_COLUMNS).flatMap(({ summary: { name, type }, binning }, i) => {
    if (!binning) return []
    const column = quoted(name)
    if (binning.kind === 'values') return [`histogram(cast(${column} as varchar)) as c${i}`]
    const [low, high] = binning.range
    const value = isTimeType(type) ? `epoch(${column})` : `cast(${column} as double)`
    const bin = `least(${BINS - 1}, greatest(0, cast(floor((${value} - ${low}) / ${(high - low) / BINS}) as integer)))`
    return [`histogram(${bin})${/^(FLOAT|DOUBLE)/.test(type) ? ` filter (where isfinite(${column}))` : ''} as c${i}`]
  })
  return parts.length === 0 ? undefined : `select ${parts.join(', ')} from ${from}`
}

/** The answer to that, put beside the summaries. */
export function profilesOf(columns: readonly { summary: ColumnSummary; binning: Binning }[], result: { columns: readonly { name: string }[]; rows: readonly (readonly unknown[])[] } | undefined): ColumnProfile[] {
  return columns.map(({ summary, binning }, i) => {
    const at = result?.columns.findIndex(({ name }) => name === `c${i}`) ?? -1
    const counts = at < 0 ? undefined : countsIn(result?.rows[0]?.[at])
    if (!binning || !counts) return summary
    if (binning.kind === 'range') return { ...summary, bins: { range: binning.range, counts: Array.from({ length: BINS }, (_, bin) => counts.get(String(bin)) ?? 0) } }
    const values = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    return { ...summary, bins: { values: values.map(([value]) => value), counts: values.map(([, count]) => count) } }
  })
}

/** A map comes as an object, or as pairs when its keys are no texts. */
function countsIn(cell: unknown): Map<string, number> | undefined {
  if (typeof cell !== 'object' || cell === null) return undefined
  const pairs = Array.isArray(cell) ? cell.map((pair: { key?: unknown; value?: unknown }) => [String(pair.key), Number(pair.value)] as const) : Object.entries(cell).map(([key, value]) => [key, Number(value)] as const)
  return new Map(pairs)
}

/**
 * How far two distributions are apart: the population stability index of their bins, an empty one counting as half a row.
 * Above 0.1 is commonly read as a shift, above 0.25 as a large one.
 */
export function stabilityIndex(before: Bins, after: Bins): number {
  const keys = [...new Set([...keysOf(before), ...keysOf(after)])]
  const [left, right] = [before, after].map((bins) => new Map(keysOf(bins).map((key, i) => [key, bins.counts[i]!]))) as [Map<string, number>, Map<string, number>]
  const share = (bins: Map<string, number>) => {
    const counts = keys.map((key) => Math.max(bins.get(key) ?? 0, 0.5))
    const sum = counts.reduce((all, count) => all + count, 0)
    return counts.map((count) => count / sum)
  }
  const [p, q] = [share(left), share(right)]
  return p.reduce((sum, each, i) => sum + (q[i]! - each) * Math.log(q[i]! / each), 0)
}

const keysOf = (bins: Bins): string[] => (bins.values ? [...bins.values] : bins.counts.map((_, i) => String(i)))
