// Runs that differ only by chance, as one line with a band.

import { groupBy } from './group-by.ts'
import type { Curve } from './series.ts'

export type BandKind = 'range' | 'sd'

export interface Band {
  xs: number[]
  mean: (number | null)[]
  low: (number | null)[]
  high: (number | null)[]
}

const MOST_POINTS = 1000

/** Over all xs of the curves; between its points a curve is a straight line, before and behind them it counts for nothing. */
export function bandOf(curves: readonly Curve[], kind: BandKind): Band {
  const all = [...new Set(curves.flatMap(({ xs }) => xs))].sort((a, b) => a - b)
  const every = Math.max(1, all.length / MOST_POINTS)
  const xs: number[] = []
  for (let at = 0; Math.round(at) < all.length - 1; at += every) xs.push(all[Math.round(at)]!)
  if (all.length > 0) xs.push(all.at(-1)!)
  const values = curves.map((curve) => along(curve, xs))
  const band: Band = { xs, mean: [], low: [], high: [] }
  xs.forEach((_, i) => {
    const there = values.flatMap((ys) => ys[i] ?? [])
    if (there.length === 0) {
      band.mean.push(null)
      band.low.push(null)
      band.high.push(null)
      return
    }
    const mean = there.reduce((sum, y) => sum + y, 0) / there.length
    const sd = there.length < 2 ? 0 : Math.sqrt(there.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (there.length - 1))
    band.mean.push(mean)
    band.low.push(kind === 'sd' ? mean - sd : Math.min(...there))
    band.high.push(kind === 'sd' ? mean + sd : Math.max(...there))
  })
  return band
}

/** The curve at each x; null where it has nothing. Both ascend. */
function along({ xs, ys }: Curve, wanted: readonly number[]): (number | null)[] {
  const points = xs.flatMap((x, i) => {
    const y = ys[i]
    return y === null || y === undefined || !Number.isFinite(y) ? [] : [{ x, y }]
  })
  let at = 0
  return wanted.map((x) => {
    while (at + 1 < points.length && points[at + 1]!.x <= x) at++
    const before = points[at]
    if (!before || before.x > x) return null
    const after = points[at + 1]
    if (before.x === x || !after) return before.x === x ? before.y : null
    return before.y + ((after.y - before.y) * (x - before.x)) / (after.x - before.x)
  })
}

export interface RunGroupOf<T> {
  /** What its runs have in common, for people. */
  label: string
  runs: T[]
}

/**
 * Runs that are one line. By `same`: all params are equal but the chosen one, as a seed. By `value`: the chosen param is
 * equal. Groups come in the order of their first runs; what tells them apart is their label.
 */
export function groupRuns<T>(runs: readonly T[], paramsOf: (run: T) => Record<string, string>, param: string, by: 'same' | 'value'): RunGroupOf<T>[] {
  const groups = groupBy(runs, (run) => {
    const params = paramsOf(run)
    if (by === 'value') return params[param] ?? ''
    return JSON.stringify(Object.entries(params).filter(([key]) => key !== param).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  const firsts = [...groups.values()].map(([first]) => paramsOf(first!))
  const keys = [...new Set(firsts.flatMap((params) => Object.keys(params)))].filter((key) => key !== param && firsts.some((params) => params[key] !== firsts[0]![key])).sort()
  return [...groups.values()].map((members) => {
    const params = paramsOf(members[0]!)
    const label = by === 'value' ? `${param} = ${params[param] ?? 'none'}` : keys.length === 0 ? `any ${param}` : keys.map((key) => `${key} = ${params[key] ?? 'none'}`).join(', ')
    return { label, runs: members }
  })
}
