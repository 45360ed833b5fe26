// What endpoints say, made ready to be shown: shares, curves, guards, what a revision changed.

import type { Activity, ActivityPoint, Agreement, Comparison, Revision, Variant } from '../api/serving.ts'
import { formatNumber, plural } from './format.ts'
import type { TruthMeasure } from './serving-search.ts'

/** Whole percents of weights, which sum to 100; all 0 where nobody has a weight. */
export function sharesOf(weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  if (sum === 0) return weights.map(() => 0)
  const exact = weights.map((weight) => (weight / sum) * 100)
  const shares = exact.map(Math.floor)
  const missing = 100 - shares.reduce((all, share) => all + share, 0)
  const byRest = exact.map((value, i) => ({ i, rest: value - shares[i]! })).sort((a, b) => b.rest - a.rest || a.i - b.i)
  for (const { i } of byRest.slice(0, missing)) shares[i]!++
  return shares
}

/** The weight that gives a new variant a share beside the others. */
export function weightFor(percent: number, others: readonly number[]): number {
  const sum = others.reduce((all, weight) => all + weight, 0)
  if (percent <= 0) return 0
  if (percent >= 100 || sum === 0) return 100
  return Math.max(1, Math.round((sum * percent) / (100 - percent)))
}

export interface ActivitySeries {
  name: string
  /** Seconds since 1970. */
  xs: number[]
  perSecond: (number | null)[]
  refused: (number | null)[]
  failed: (number | null)[]
  p50: (number | null)[]
  p99: (number | null)[]
}

/**
 * A point for each step of the last minutes. Steps in which a variant was asked nothing are told as zero once it was asked
 * for the first time, and have no latency.
 */
export function activitySeries(activity: Activity, minutes: number, nowMillis: number): ActivitySeries[] {
  const step = activity.step_seconds
  // The step that is under way would look like a fall.
  const end = Math.floor(nowMillis / 1000 / step) * step - step
  const begin = end - minutes * 60 + step
  return activity.variants.map(({ name, points }) => {
    const bySecond = new Map<number, ActivityPoint>(points.map((point) => [point[0], point]))
    const first = points[0]?.[0] ?? Number.POSITIVE_INFINITY
    const series: ActivitySeries = { name, xs: [], perSecond: [], refused: [], failed: [], p50: [], p99: [] }
    for (let second = begin; second <= end; second += step) {
      const point = bySecond.get(second)
      const rate = (count: number | undefined): number | null => (point ? count! / step : second < first ? null : 0)
      series.xs.push(second)
      series.perSecond.push(rate(point && point[1] + point[2] + point[3]))
      series.refused.push(rate(point?.[2]))
      series.failed.push(rate(point?.[3]))
      series.p50.push(point?.[4] ?? null)
      series.p99.push(point?.[5] ?? null)
    }
    return series
  })
}

export interface Pulse {
  /** Requests a second over the window. */
  perSecond: number
  requests: number
  refused: number
  failed: number
  /** The median step's, each step weighing as much as it answered. */
  p50: number | undefined
  /** The slowest step's. */
  p99: number | undefined
  rates: number[]
  slowest: (number | null)[]
  errors: number[]
}

/** How an endpoint did, all its variants together. */
export function pulseOf(activity: Activity, minutes: number, nowMillis: number): Pulse {
  const series = activitySeries(activity, minutes, nowMillis)
  const steps = series[0]?.xs.length ?? 0
  const sum = (pick: (each: ActivitySeries) => (number | null)[]): number[] => Array.from({ length: steps }, (_, i) => series.reduce((all, each) => all + (pick(each)[i] ?? 0), 0))
  const most = (pick: (each: ActivitySeries) => (number | null)[]): (number | null)[] =>
    Array.from({ length: steps }, (_, i) => {
      const known = series.map((each) => pick(each)[i]).filter((value): value is number => typeof value === 'number')
      return known.length > 0 ? Math.max(...known) : null
    })
  const rates = sum(({ perSecond }) => perSecond)
  const refused = sum((each) => each.refused)
  const failed = sum((each) => each.failed)
  const slowest = most(({ p99 }) => p99)
  const total = (values: readonly number[]): number => Math.round(values.reduce((all, value) => all + value, 0) * activity.step_seconds)
  const known = slowest.filter((value) => value !== null)
  return {
    perSecond: steps > 0 ? rates.reduce((all, rate) => all + rate, 0) / steps : 0,
    requests: total(rates),
    refused: total(refused),
    failed: total(failed),
    p50: medianStep(series),
    p99: known.length > 0 ? Math.max(...known) : undefined,
    rates,
    slowest,
    errors: refused.map((rate, i) => rate + failed[i]!),
  }
}

function medianStep(series: readonly ActivitySeries[]): number | undefined {
  const steps = series.flatMap(({ p50, perSecond }) => p50.flatMap((value, i) => (value === null ? [] : [{ value, weight: perSecond[i] ?? 0 }]))).sort((a, b) => a.value - b.value)
  const half = steps.reduce((all, { weight }) => all + weight, 0) / 2
  let before = 0
  for (const { value, weight } of steps) {
    before += weight
    if (before >= half) return value
  }
  return undefined
}

export function formatMillis(millis: number | null | undefined): string {
  if (millis === null || millis === undefined) return '–'
  return millis >= 1000 ? `${formatNumber(Number((millis / 1000).toPrecision(3)))} s` : `${formatNumber(Number(millis.toPrecision(millis < 10 ? 2 : 3)))} ms`
}

export function formatRate(perSecond: number): string {
  return perSecond === 0 ? '0/s' : perSecond < 0.1 ? `${formatNumber(Number((perSecond * 60).toPrecision(2)))}/min` : `${formatNumber(Number(perSecond.toPrecision(3)))}/s`
}

export const MEASURES = ['errors', 'p99', 'disagreement', 'shift'] as const
export type Measure = (typeof MEASURES)[number]

export interface Guard {
  measure: Measure
  /** Shares from 0 to 1, and milliseconds. */
  limit: number
}

/** As the server writes them: `errors<0.001, p99<20ms`. Undefined when it is not that. */
export function parseGuards(text: string): Guard[] | undefined {
  const guards: Guard[] = []
  for (const each of text.split(',')) {
    if (each.trim() === '') continue
    const found = /^\s*([a-z0-9]+)\s*<\s*(\d{1,9}(?:\.\d{1,9})?)\s*(%|ms|s)?\s*$/.exec(each)
    const measure = MEASURES.find((one) => one === found?.[1])
    const unit = found?.[3] ?? ''
    if (!found || !measure || (unit === 'ms' || unit === 's') !== (measure === 'p99') || guards.some((guard) => guard.measure === measure)) return undefined
    const number = Number(found[2])
    const limit = unit === '%' ? number / 100 : unit === 's' ? number * 1000 : number
    if (measure !== 'p99' && limit > 1) return undefined
    guards.push({ measure, limit })
  }
  return guards
}

export function formatMeasure(measure: Measure, value: number): string {
  if (measure === 'p99') return formatMillis(value)
  if (measure === 'shift') return formatNumber(Number(value.toPrecision(3)))
  return formatShare(value)
}

export function formatShare(share: number): string {
  return `${formatNumber(Number((share * 100).toPrecision(3)))} %`
}

/** What a revision did, by the one before it. */
export function changesOf(revision: Revision, before: Revision | undefined): string[] {
  const answers = `${listOf(revision.variants.filter(({ weight }) => weight > 0).map(versionOf))} ${revision.variants.filter(({ weight }) => weight > 0).length > 1 ? 'answer' : 'answers'}`
  if (!before) return [`Made: ${answers}`]
  const told: string[] = []
  const canary = revision.canary
  if (canary) {
    const same = before.canary?.variant === canary.variant
    if (!same) told.push(`Canary of ${nameOf(revision, canary.variant)} began at ${canary.share} %`)
    else if (before.canary?.step !== canary.step) told.push(`Canary of ${nameOf(revision, canary.variant)} went on to ${canary.share} %`)
  } else if (before.canary) {
    const { variant, champion } = before.canary
    const alone = revision.variants.length === 1 ? revision.variants[0]! : undefined
    const was = (name: string): boolean => alone !== undefined && versionOf(alone) === nameOf(before, name)
    told.push(was(variant) ? `Canary of ${nameOf(before, variant)} succeeded: it answers all` : was(champion) ? `Canary of ${nameOf(before, variant)} ended: ${nameOf(before, champion)} answers all` : `Canary of ${nameOf(before, variant)} ended: ${answers}`)
  }
  if (told.length === 0) told.push(...variantChanges(revision, before, answers))
  const newShadows = revision.shadows.filter((one) => !before.shadows.some((other) => versionOf(other) === versionOf(one)))
  const oldShadows = before.shadows.filter((one) => !revision.shadows.some((other) => versionOf(other) === versionOf(one)))
  if (newShadows.length > 0) told.push(`${listOf(newShadows.map(versionOf))} ${newShadows.length > 1 ? 'are shadows' : 'is a shadow'}`)
  if (oldShadows.length > 0) told.push(`${listOf(oldShadows.map(versionOf))} ${oldShadows.length > 1 ? 'are no shadows' : 'is no shadow'} any more`)
  if (revision.sticky !== before.sticky) told.push(revision.sticky === '' ? 'Callers are not sticky any more' : `Callers are sticky by ${revision.sticky}`)
  const policy = policyChanges(revision, before)
  if (policy.length > 0) told.push(`Policy: ${policy.join(', ')}`)
  return told.length > 0 ? told : ['Deployed again']
}

function variantChanges(revision: Revision, before: Revision, answers: string): string[] {
  const known = new Map(before.variants.map((variant) => [versionOf(variant), variant]))
  const added = revision.variants.filter((variant) => !known.has(versionOf(variant)))
  const kept = revision.variants.filter((variant) => known.has(versionOf(variant)))
  if (added.length > 0 && kept.length === 0) return [`Deployed: ${answers}`]
  const shares = sharesOf(revision.variants.map(({ weight }) => weight))
  const split = listOf(revision.variants.map((variant, i) => `${versionOf(variant)} ${shares[i]} %`))
  if (added.length > 0) return [`Deployed ${listOf(added.map(versionOf))} beside: ${split}`]
  const old = sharesOf(before.variants.map(({ weight }) => weight))
  const moved = revision.variants.length !== before.variants.length || revision.variants.some((variant, i) => old[before.variants.indexOf(known.get(versionOf(variant))!)] !== shares[i])
  return moved ? [`Traffic: ${split}`] : []
}

function policyChanges(revision: Revision, before: Revision): string[] {
  return (Object.keys(revision.policy) as (keyof Revision['policy'])[]).flatMap((field) => {
    const now = JSON.stringify(revision.policy[field])
    if (now === JSON.stringify(before.policy[field])) return []
    return [field === 'input' || field === 'redact' ? field : `${field} ${String(revision.policy[field])}`]
  })
}

export const versionOf = ({ model, version }: Variant): string => `${model}/${version}`

function nameOf(revision: Revision, variant: string): string {
  const found = [...revision.variants, ...revision.shadows].find(({ name }) => name === variant)
  return found ? versionOf(found) : variant
}

export function listOf(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? 'nobody') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

export interface ClassMatrix {
  names: string[]
  /** By the champion's class, then by the other's. */
  counts: number[][]
  most: number
  /** Rows of classes that have no place in it. */
  left: number
}

/** Of many classes those that were answered most. */
export function matrixOf(agreement: Agreement, size = 12): ClassMatrix | undefined {
  if (agreement.classes.length === 0) return undefined
  const totals = new Map<string, number>()
  for (const [champion, other, count] of agreement.classes) {
    totals.set(champion, (totals.get(champion) ?? 0) + count)
    totals.set(other, (totals.get(other) ?? 0) + count)
  }
  const shown = [...totals].sort((a, b) => b[1] - a[1]).slice(0, size).map(([name]) => name)
  const names = shown.sort(new Intl.Collator('en', { numeric: true }).compare)
  const at = new Map(names.map((name, i) => [name, i]))
  const counts = names.map(() => names.map(() => 0))
  let left = 0
  for (const [champion, other, count] of agreement.classes) {
    const row = at.get(champion)
    const column = at.get(other)
    if (row === undefined || column === undefined) left += count
    else counts[row]![column]! += count
  }
  return { names, counts, most: Math.max(...counts.flat(), 1), left }
}

/** Whether two answers agree, as the server compares them: numbers by a share of the larger, all else exactly. */
export function agrees(champion: unknown, other: unknown, tolerance: number): boolean {
  if (Array.isArray(champion) && Array.isArray(other)) return champion.length === other.length && champion.every((value, i) => agrees(value, other[i], tolerance))
  if (typeof champion === 'number' && typeof other === 'number') return Math.abs(champion - other) <= tolerance * Math.max(Math.abs(champion), Math.abs(other))
  return JSON.stringify(champion) === JSON.stringify(other)
}

/** Each variant's place among the colours: the same wherever it is shown, as long as the same names are. */
export function colorsOf(revision: Revision, activity: Activity): Map<string, number> {
  const names = new Set([...revision.variants, ...revision.shadows].map(({ name }) => name))
  for (const { name } of activity.variants) names.add(name)
  return new Map([...names].sort(new Intl.Collator('en', { numeric: true }).compare).map((name, i) => [name, i]))
}

export interface Verdict {
  text: string
  /** Who is better, when that is known. */
  better?: string
}

/** What a comparison says, in words. */
export function verdictOf({ measure, first, second, difference, interval, decided }: Comparison): Verdict {
  const unknown = [first, second].find(({ count }) => count === 0)
  if (unknown) return { text: `Of ${unknown.variant}'s answers nothing is known by this name.` }
  if (!interval) return { text: `Too little is known yet: of ${first.variant} ${plural(first.count, 'answer')}, of ${second.variant} ${second.count}. It takes 30 of each.` }
  if (!decided) return { text: `Not decided: ${second.variant} may be better than ${first.variant}, or worse.` }
  const better = measure === 'accuracy' ? difference > 0 : difference < 0
  return { text: `${second.variant} is ${better ? 'better' : 'worse'} than ${first.variant}.`, better: better ? second.variant : first.variant }
}

export function formatMean(measure: TruthMeasure, mean: number): string {
  return measure === 'accuracy' ? formatShare(mean) : formatNumber(Number(mean.toPrecision(4)))
}

/** With its sign. */
export function formatDifference(measure: TruthMeasure, difference: number): string {
  const shown = measure === 'accuracy' ? `${formatNumber(Number(Math.abs(difference * 100).toPrecision(3)))} points` : formatNumber(Number(Math.abs(difference).toPrecision(3)))
  return `${difference < 0 ? '−' : '+'}${shown}`
}
