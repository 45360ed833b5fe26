// Cells of a query's result: how they look, how they compare, and what they can be drawn as.

import { formatNumber, toNumber } from './format.ts'

export const isNumericType = (type: string): boolean => /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/.test(type)
export const isTimeType = (type: string): boolean => /^(?:DATE|TIMESTAMP)/.test(type)

/** Whole numbers as they are: an id is no amount. */
export function shownCell(cell: unknown, type: string): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell === 'number') return Number.isInteger(cell) ? String(cell).replace('-', '−') : formatNumber(cell)
  if (typeof cell === 'string') return isTimeType(type) ? cell.replace('T', ' ') : cell
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

/** Nulls come last, whichever way it is sorted. */
export function compareCells(a: unknown, b: unknown, sign: 1 | -1): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const [left, right] = [toNumber(a), toNumber(b)]
  if (left !== undefined && right !== undefined) {
    if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
    return sign * (left - right)
  }
  const text = (cell: unknown) => (typeof cell === 'object' ? JSON.stringify(cell) : String(cell))
  return sign * text(a).localeCompare(text(b), undefined, { numeric: true })
}

export const CHARTS = ['line', 'bar', 'points', 'histogram'] as const
export type ChartKind = (typeof CHARTS)[number]

export interface ChartChoice {
  kind: ChartKind
  x: number
  ys: number[]
}

/** What says most at first sight: numbers over time, or by the first other column. */
export function chartFor(columns: readonly { type: string }[], rows: number): ChartChoice | undefined {
  const numbers = columns.flatMap(({ type }, i) => (isNumericType(type) ? [i] : []))
  if (numbers.length === 0) return undefined
  const time = columns.findIndex(({ type }) => isTimeType(type))
  const other = columns.findIndex(({ type }) => !isNumericType(type) && !isTimeType(type))
  if (time >= 0) return { kind: 'line', x: time, ys: numbers.slice(0, 4) }
  if (other >= 0) return { kind: 'bar', x: other, ys: numbers.slice(0, 4) }
  if (numbers.length === 1) return { kind: 'histogram', x: numbers[0]!, ys: [] }
  return { kind: rows <= 50 ? 'line' : 'points', x: numbers[0]!, ys: numbers.slice(1, 4) }
}

/** As a figure that this UI draws. */
export function figureFor(choice: ChartChoice, columns: readonly { name: string; type: string }[], rows: readonly (readonly unknown[])[]): unknown {
  const { kind, x, ys } = choice
  const cells = (i: number) => rows.map((row) => (isNumericType(columns[i]!.type) ? (toNumber(row[i]) ?? null) : row[i] === null ? null : shownCell(row[i], columns[i]!.type)))
  const layout = { xaxis: { title: columns[x]?.name }, yaxis: { title: ys.length === 1 ? columns[ys[0]!]?.name : kind === 'histogram' ? 'rows' : '' } }
  if (kind === 'histogram') return { data: [{ type: 'histogram', name: columns[x]?.name, x: cells(x) }], layout }
  const xs = cells(x)
  // A line goes from left to right.
  const places = kind === 'line' ? xs.map((_, i) => i).sort((a, b) => compareCells(xs[a], xs[b], 1)) : undefined
  const placed = <T>(values: T[]): T[] => (places ? places.map((i) => values[i]!) : values)
  return {
    data: ys.map((y) => ({ type: kind === 'bar' ? 'bar' : 'scatter', mode: kind === 'points' ? 'markers' : undefined, name: columns[y]!.name, x: placed(xs), y: placed(cells(y)) })),
    layout,
  }
}
