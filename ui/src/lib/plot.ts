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

/** The same for every reader, since ranges in addresses go by it. */
const NAME_ORDER = new Intl.Collator('en', { numeric: true })
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
  const names = [...new Set(present.map(String))].sort(NAME_ORDER.compare)
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

/** A range on an axis, from one number to another or from one name to another in their order. */
export type Brush = { axis: string; from: number; to: number } | { axis: string; first: string; last: string }

/** Both ends belong to it. Names count and not where they stand, so that a range means the same whatever other runs come. */
export function isWithin(value: Value | undefined, brush: Brush): boolean {
  if (value === undefined) return false
  if ('first' in brush) {
    const name = String(value)
    return name === brush.first || name === brush.last || (NAME_ORDER.compare(brush.first, name) < 0 && NAME_ORDER.compare(name, brush.last) < 0)
  }
  const number = numberOf(value)
  // A place on the screen and back is not exact in the last digits.
  const room = (brush.to - brush.from) * 1e-6
  return number !== undefined && number >= brush.from - room && number <= brush.to + room
}

/** What lies between two places of an axis; undefined when no name does. */
export function brushBetween(id: string, axis: Axis, one: number, other: number): Brush | undefined {
  const from = valueAtPlace(axis, Math.min(one, other))
  const to = valueAtPlace(axis, Math.max(one, other))
  if (axis.kind === 'number') return { axis: id, from, to }
  const inside = axis.names.filter((_, i) => i >= from && i <= to)
  return inside.length === 0 ? undefined : { axis: id, first: inside[0]!, last: inside.at(-1)! }
}

/** The lowest and the highest place of a range; undefined when the axis has nothing of it. */
export function placesOfBrush(axis: Axis, brush: Brush): [number, number] | undefined {
  if ('from' in brush) {
    if (axis.kind === 'name') return undefined
    const place = (value: number) => placeOf(axis, axis.log ? Math.max(value, axis.low) : value)!
    return [place(brush.from), place(brush.to)]
  }
  if (axis.kind === 'number') return undefined
  const inside = axis.names.flatMap((name, i) => (isWithin(name, brush) ? [i] : []))
  if (inside.length === 0) return undefined
  // Names have no width; a range of one still is to be seen.
  const room = 0.2 / Math.max(axis.names.length - 1, 1)
  return [placeOf(axis, axis.names[inside[0]!])! - room, placeOf(axis, axis.names[inside.at(-1)!])! + room]
}

/** As the address has them: `metrics.loss:0.1,0.5`, `params.kind:=tree`, and the last name by itself where there are more. */
export function parseBrushes(texts: readonly string[] | undefined): Brush[] {
  const brushes = new Map<string, Brush>()
  for (const text of texts ?? []) {
    const name = /^((?:`[^`]*`|"[^"]*"|[^`"])+?):=(.*)$/s.exec(text)
    if (name) {
      const [, axis, value] = name as unknown as [string, string, string]
      const old = brushes.get(axis)
      const ends = (old && 'first' in old ? [old.first, old.last, value] : [value]).sort(NAME_ORDER.compare)
      brushes.set(axis, { axis, first: ends[0]!, last: ends.at(-1)! })
      continue
    }
    const numbers = /^(.+):(-?[\d.]+(?:e[-+]?\d+)?),(-?[\d.]+(?:e[-+]?\d+)?)$/i.exec(text)
    if (!numbers) continue
    const [axis, from, to] = [numbers[1]!, Number(numbers[2]), Number(numbers[3])]
    if (from <= to) brushes.set(axis, { axis, from, to })
  }
  return [...brushes.values()]
}

export function brushTexts(brush: Brush): string[] {
  const { axis } = brush
  if ('from' in brush) return [`${axis}:${brush.from},${brush.to}`]
  return (brush.first === brush.last ? [brush.first] : [brush.first, brush.last]).map((name) => `${axis}:=${name}`)
}
