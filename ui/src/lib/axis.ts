// Where values stand along an axis, and where its ticks do.

import { timeOf, niceStep, type AxisNote, type Value } from './figure.ts'
import { formatNumber } from './format.ts'

export interface Axis {
  /** Undefined for what has no place, as zero on a log axis. */
  at: (value: Value) => number | undefined
  ticks: { at: number; label: string }[]
  /** Between two neighbours, where places are categories. */
  band: number | undefined
}

const LONGEST_LABEL = 16

/** @param places every value that is to be shown @param from and to: pixels, from of the lowest */
export function axisOf(note: AxisNote, places: readonly Value[], from: number, to: number, options: { zero: boolean; labelWidth: number }): Axis {
  const [start, end] = note.reversed ? [to, from] : [from, to]
  return note.kind === 'category' ? categories(places, start, end, options.labelWidth) : continuous(note.kind, places, start, end, options)
}

function categories(places: readonly Value[], from: number, to: number, labelWidth: number): Axis {
  const names = [...new Set(places.filter((value) => value !== null).map(String))]
  const band = (to - from) / Math.max(names.length, 1)
  const index = new Map(names.map((name, i) => [name, i]))
  const every = Math.max(1, Math.ceil(labelWidth / Math.abs(band)))
  return {
    at: (value) => {
      const i = value === null ? undefined : index.get(String(value))
      return i === undefined ? undefined : from + (i + 0.5) * band
    },
    ticks: names.flatMap((name, i) => (i % every === 0 ? [{ at: from + (i + 0.5) * band, label: name.length > LONGEST_LABEL ? `${name.slice(0, LONGEST_LABEL - 1)}…` : name }] : [])),
    band: Math.abs(band),
  }
}

function continuous(kind: 'number' | 'log' | 'date', places: readonly Value[], from: number, to: number, options: { zero: boolean; labelWidth: number }): Axis {
  const scale = (value: Value): number | undefined => {
    const number = kind === 'date' ? timeOf(value) : typeof value === 'number' ? value : value === null || value === '' ? null : Number(value)
    if (number === null || !Number.isFinite(number)) return undefined
    return kind !== 'log' ? number : number > 0 ? Math.log10(number) : undefined
  }
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const place of places) {
    const value = scale(place)
    if (value === undefined) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) [low, high] = [0, 1]
  if (options.zero && kind === 'number') [low, high] = [Math.min(low, 0), Math.max(high, 0)]
  if (low === high) [low, high] = [low - 0.5, high + 0.5]
  const margin = (high - low) * 0.04
  const [lowest, highest] = [options.zero && low === 0 ? 0 : low - margin, options.zero && high === 0 ? 0 : high + margin]
  const place = (value: number) => from + ((value - lowest) / (highest - lowest)) * (to - from)
  const most = Math.max(2, Math.floor(Math.abs(to - from) / options.labelWidth))
  return {
    at: (value) => {
      const number = scale(value)
      return number === undefined ? undefined : place(number)
    },
    ticks: ticksOf(kind, lowest, highest, most).map(({ value, label }) => ({ at: place(value), label })),
    band: undefined,
  }
}

const SECOND = 1000
const DAY = 86_400 * SECOND
const TIME_STEPS = [SECOND, 10 * SECOND, 60 * SECOND, 600 * SECOND, 3_600 * SECOND, 21_600 * SECOND, DAY, 7 * DAY, 30 * DAY, 91 * DAY, 365 * DAY, 3_650 * DAY]

function ticksOf(kind: 'number' | 'log' | 'date', low: number, high: number, most: number): { value: number; label: string }[] {
  const least = (high - low) / most
  const step = kind === 'date' ? (TIME_STEPS.find((each) => each >= least) ?? least) : kind === 'log' ? Math.max(1, Math.ceil(least)) : niceStep(least)
  const ticks: { value: number; label: string }[] = []
  for (let i = Math.ceil(low / step); i * step <= high && ticks.length <= most + 1; i++) {
    // Else 0.1 + 0.2 would be told.
    const value = kind === 'number' ? Number((i * step).toPrecision(12)) : i * step
    ticks.push({ value, label: kind === 'log' ? formatNumber(10 ** value) : kind === 'date' ? dateLabel(value, step) : formatNumber(value) })
  }
  return ticks
}

/** No date is farther from 1970. */
const MOST_MILLIS = 8.64e15

function dateLabel(millis: number, step: number): string {
  if (Math.abs(millis) > MOST_MILLIS) return ''
  const iso = new Date(millis).toISOString()
  return step >= DAY ? iso.slice(0, 10) : step >= 60 * SECOND ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}` : iso.slice(11, 19)
}
