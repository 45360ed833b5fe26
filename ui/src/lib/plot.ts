// Arithmetic of plots that compare runs: what an axis spans, where a value stands on it, and surfaces between points.

import { groupBy } from './group-by.ts'

export type Value = number | string

export interface NumberAxis {
  kind: 'number'
  low: number
  high: number
  log: boolean
  /** All values are whole numbers, so ticks are. */
  whole: boolean
}

export interface NameAxis {
  kind: 'name'
  names: string[]
}

export type Axis = NumberAxis | NameAxis

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i

/** A param that reads as a number is one. */
export function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return value !== undefined && NUMBER.test(value.trim()) ? Number(value) : undefined
}

/**
 * Undefined when nothing can be placed. Numbers stand on a log scale when they span a factor of thirty and more and many
 * of them would crowd at the low end, as learning rates do and scores do not.
 */
export function axisOf(values: readonly (Value | undefined)[]): Axis | undefined {
  const present = values.filter((value): value is Value => value !== undefined && !(typeof value === 'number' && !Number.isFinite(value)))
  if (present.length === 0) return undefined
  const numbers = present.map(numberOf)
  if (numbers.every((number) => number !== undefined)) {
    let low = Math.min(...numbers)
    let high = Math.max(...numbers)
    const distinct = [...new Set(numbers)]
    const crowded = distinct.filter((number) => number <= low + (high - low) / 10).length
    const log = low > 0 && high / low >= 30 && crowded >= distinct.length / 3
    if (low === high) {
      const room = low === 0 ? 1 : Math.abs(low) / 2
      low -= room
      high += room
    }
    return { kind: 'number', low, high, log, whole: distinct.every(Number.isInteger) }
  }
  const names = [...new Set(present.map(String))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
  return { kind: 'name', names }
}

/** From 0 at the low end to 1 at the high one. */
export function placeOf(axis: Axis, value: Value | undefined): number | undefined {
  if (axis.kind === 'name') {
    const at = value === undefined ? -1 : axis.names.indexOf(String(value))
    return at < 0 ? undefined : axis.names.length === 1 ? 0.5 : at / (axis.names.length - 1)
  }
  const number = numberOf(value)
  if (number === undefined) return undefined
  return axis.log ? (number > 0 ? Math.log(number / axis.low) / Math.log(axis.high / axis.low) : undefined) : (number - axis.low) / (axis.high - axis.low)
}

/** What stands at a place: a number, or the position among the names. */
export function valueAtPlace(axis: Axis, place: number): number {
  if (axis.kind === 'name') return axis.names.length === 1 ? (place - 0.5) * 2 : place * (axis.names.length - 1)
  return axis.log ? axis.low * (axis.high / axis.low) ** place : axis.low + place * (axis.high - axis.low)
}

/** The same, of a value: what a brush compares with. */
export function measureOf(axis: Axis, value: Value | undefined): number | undefined {
  if (axis.kind === 'number') return numberOf(value)
  const at = value === undefined ? -1 : axis.names.indexOf(String(value))
  return at < 0 ? undefined : at
}

export interface Tick {
  place: number
  value: Value
}

export function ticksOf(axis: Axis, most: number): Tick[] {
  if (axis.kind === 'name') {
    const every = Math.ceil(axis.names.length / Math.max(most, 1))
    return axis.names.flatMap((name, i) => (i % every === 0 ? [{ place: placeOf(axis, name)!, value: name }] : []))
  }
  if (axis.log) {
    const first = Math.ceil(Math.log10(axis.low) - 1e-9)
    const last = Math.floor(Math.log10(axis.high) + 1e-9)
    const every = Math.max(1, Math.ceil((last - first + 1) / Math.max(most, 1)))
    const ticks: Tick[] = []
    for (let power = first; power <= last; power += every) {
      const value = Number(`1e${power}`)
      ticks.push({ place: placeOf(axis, value)!, value })
    }
    return ticks
  }
  const rough = Math.max((axis.high - axis.low) / Math.max(most, 1), axis.whole ? 1 : 0)
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((n) => n * size).find((each) => each >= rough) ?? 10 * size
  const first = Math.ceil(axis.low / step - 1e-9)
  const ticks: Tick[] = []
  // Counted: where the ends differ only in their last digits, one more step may not be a greater number.
  for (let i = 0; i <= Math.max(most, 1) + 2 && (first + i) * step <= axis.high + step * 1e-9; i++) {
    const value = Number(((first + i) * step).toPrecision(15))
    const place = placeOf(axis, value)!
    if (value !== ticks.at(-1)?.value && place >= -1e-6 && place <= 1 + 1e-6) ticks.push({ place, value })
  }
  return ticks
}

export interface SurfacePoint {
  /** Places on the axes, 0 to 1. */
  x: number
  y: number
  value: number
}

/** Fewer places than this span no surface. */
export const FEWEST_PLACES = 4

/** How many different places points have. */
export function placesOf(points: readonly SurfacePoint[]): number {
  return new Set(points.map(({ x, y }) => `${x.toFixed(9)} ${y.toFixed(9)}`)).size
}

/**
 * Values between the points, by rows from below: the mean of all of them, weighted by the inverse cube of the distance.
 * Runs at one place count by their mean. NaN where the nearest point is farther than `reach`: nothing is known there.
 */
export function surfaceOf(points: readonly SurfacePoint[], columns: number, rows: number, reach: number): Float64Array {
  const byPlace = groupBy(points, ({ x, y }) => `${x.toFixed(9)} ${y.toFixed(9)}`)
  const sites = [...byPlace.values()].map((all) => ({ x: all[0]!.x, y: all[0]!.y, value: all.reduce((sum, { value }) => sum + value, 0) / all.length }))
  const surface = new Float64Array(columns * rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = (column + 0.5) / columns
      const y = (row + 0.5) / rows
      let sum = 0
      let weights = 0
      let nearest = Number.POSITIVE_INFINITY
      for (const site of sites) {
        const squared = Math.max((site.x - x) ** 2 + (site.y - y) ** 2, 1e-9)
        nearest = Math.min(nearest, squared)
        const weight = squared ** -1.5
        sum += weight * site.value
        weights += weight
      }
      surface[row * columns + column] = Math.sqrt(nearest) > reach ? Number.NaN : sum / weights
    }
  }
  return surface
}

/** A range on an axis in an address: `metrics.loss:0.1,0.5`. */
export interface Brush {
  axis: string
  from: number
  to: number
}

export function parseBrushes(texts: readonly string[] | undefined): Brush[] {
  return (texts ?? []).flatMap((text) => {
    const match = /^(.+):(-?[\d.]+(?:e[-+]?\d+)?),(-?[\d.]+(?:e[-+]?\d+)?)$/i.exec(text)
    if (!match) return []
    const [from, to] = [Number(match[2]), Number(match[3])]
    return from <= to ? [{ axis: match[1]!, from, to }] : []
  })
}

export function brushText({ axis, from, to }: Brush): string {
  return `${axis}:${Number(from.toPrecision(6))},${Number(to.toPrecision(6))}`
}
