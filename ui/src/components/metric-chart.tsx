// One metric of some runs: asks for its series when it comes in sight, and again when a run logs to it or the zoom changes.

import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useChanges } from '../api/changes.ts'
import { seriesQuery, type Series } from '../api/runs.ts'
import { bandOf, type BandKind } from '../lib/bands.ts'
import { formatDateTime, formatNumber, plural, toNumber } from '../lib/format.ts'
import { rangeOf, type ChartSearch } from '../lib/search-params.ts'
import { ErrorState } from './basics.tsx'
import { Chart, Stroke, type ChartCurve } from './chart.tsx'
import { colorOf } from './series-color.ts'

export interface ChartRun {
  id: string
  label: string
  color: number
  running: boolean
}

/** Runs that are drawn as one: their mean, and how far they spread. */
export interface ChartLine {
  label: string
  color: number
  runs: readonly string[]
}

interface MetricChartProps {
  metric: string
  runs: readonly ChartRun[]
  search: ChartSearch
  onZoom: (range: [number, number] | undefined) => void
  legend?: boolean
  height?: number
  lines?: readonly ChartLine[] | undefined
  spread?: BandKind
  /** Each line in a chart of its own, all with the same axis. */
  side?: boolean
  /** Somebody reads: what is new is asked for when they are done. */
  paused?: boolean
}

export function MetricChart({ metric, runs, search, onZoom, legend = false, height = 200, lines, spread = 'range', side = false, paused = false }: MetricChartProps) {
  const holder = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState(false)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => setWidth(Math.max(100, Math.round((holder.current?.clientWidth ?? 0) / 50) * 50)), [])
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setSeen(entries.some((entry) => entry.isIntersecting)), { rootMargin: '200px' })
    if (holder.current) observer.observe(holder.current)
    return () => observer.disconnect()
  }, [])

  const x = search.x === 'time' ? 'time' : 'step'
  const range = rangeOf(search.zoom)
  const asked = useMemo(
    () => ({ runs: runs.map((run) => run.id), keys: [metric], x, ...(range ? { range } : {}), width }) as const,
    [runs, metric, x, search.zoom, width],
  )
  const ids = asked.runs
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...seriesQuery({ ...asked, runs: [...ids], keys: [metric] }),
    enabled: seen && width > 0,
    refetchInterval: !paused && runs.some((run) => run.running) ? 5_000 : false,
  })
  // A chart out of sight or paused does not ask; it does when it comes back.
  const stale = useRef(false)
  const asks = seen && !paused
  const ask = useCallback(() => {
    if (asks) void refetch({ cancelRefetch: false })
    else stale.current = true
  }, [asks, refetch])
  useChanges(
    useMemo(() => ids.map((id) => `run:${id}`), [ids]),
    ask,
  )
  useEffect(() => {
    if (!asks || !stale.current) return
    stale.current = false
    void refetch({ cancelRefetch: false })
  }, [asks, refetch])

  const curves = useMemo(() => {
    const single = curvesOf(data ?? [], metric, runs, x)
    return lines ? bandsOf(single, lines, spread) : single
  }, [data, metric, runs, x, lines, spread])
  const yRange = useMemo(() => (side ? commonRange(curves, search.log === true) : undefined), [side, curves, search.log])
  const onWidth = useCallback((pixels: number) => setWidth((old) => (Math.abs(old - pixels) < 50 ? old : Math.min(Math.max(100, Math.round(pixels / 50) * 50), 4000))), [])

  return (
    <div ref={holder} className={`min-w-0 ${isPlaceholderData ? 'opacity-70' : ''}`} style={{ minHeight: data ? undefined : height }}>
      {error ? (
        <ErrorState error={error} what={`${metric} could not be read`} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className="skeleton" style={{ height }} />
      ) : data.length > 0 && !range && data.every((series) => series.points === 1) ? (
        data.length === 1 && runs.length === 1 ? <SinglePoint series={data[0]!} x={x} /> : <Bars series={data} runs={runs} lines={lines} />
      ) : side ? (
        <ul className="mt-1 grid gap-x-4 gap-y-2 sm:grid-cols-[repeat(2,minmax(0,1fr))] xl:grid-cols-[repeat(3,minmax(0,1fr))]">
          {curves.map((curve) => (
            <li key={curve.id} className="min-w-0">
              <p className="flex items-center gap-2 text-sm">
                <Stroke color={curve.color} />
                <span className="truncate" title={curve.label}>
                  {curve.label}
                </span>
              </p>
              <Chart label={metric} curves={[curve]} x={x} log={search.log === true} smoothing={Number(search.smooth ?? 0)} zoom={range} onZoom={onZoom} onWidth={onWidth} height={150} yRange={yRange} />
            </li>
          ))}
        </ul>
      ) : (
        <Chart
          label={metric}
          curves={curves}
          x={x}
          log={search.log === true}
          smoothing={Number(search.smooth ?? 0)}
          zoom={range}
          onZoom={onZoom}
          onWidth={onWidth}
          legend={legend}
          height={height}
        />
      )}
    </div>
  )
}

/** A curve of one point is a number. */
function SinglePoint({ series, x }: { series: Series; x: 'step' | 'time' }) {
  const value = toNumber(series.y[0]) ?? Number.NaN
  return (
    <p className="py-3">
      <span className="text-2xl font-semibold" title={String(value)}>
        {formatNumber(value)}
      </span>
      <span className="ml-3 text-sm text-ink-3">{x === 'step' ? `step ${series.x[0]}, logged once` : formatDateTime(series.x[0]!, true)}</span>
    </p>
  )
}

/** Runs that logged a metric once each, side by side. */
function Bars({ series, runs, lines }: { series: readonly Series[]; runs: readonly ChartRun[]; lines: readonly ChartLine[] | undefined }) {
  const valueOf = (id: string) => toNumber(series.find((each) => each.run_id === id)?.y[0])
  const values = lines
    ? lines.map((line) => {
        const found = line.runs.flatMap((id) => valueOf(id) ?? [])
        return { run: { id: line.label, label: `${line.label}: mean of ${plural(found.length, 'run')}`, color: line.color }, value: found.length > 0 ? found.reduce((sum, y) => sum + y, 0) / found.length : undefined }
      })
    : runs.map((run) => ({ run, value: valueOf(run.id) }))
  const longest = Math.max(...values.map(({ value }) => (value !== undefined && Number.isFinite(value) ? Math.abs(value) : 0)), Number.MIN_VALUE)
  return (
    <ul className="mt-2 grid gap-1.5 text-sm">
      {values.map(({ run, value }) => (
        <li key={run.id} className="grid grid-cols-[minmax(0,9rem)_1fr_5.5rem] items-center gap-3">
          <span className="truncate" title={run.label}>
            {run.label}
          </span>
          <span aria-hidden className="h-3 rounded-sm bg-sunken">
            {value !== undefined && Number.isFinite(value) && (
              <span className="block h-3 rounded-sm" style={{ width: `${(Math.abs(value) / longest) * 100}%`, background: colorOf(run.color) }} />
            )}
          </span>
          <span className="text-right">{value === undefined ? '–' : formatNumber(value)}</span>
        </li>
      ))}
    </ul>
  )
}

/** One curve for each line: the mean of its runs and how far they spread. */
function bandsOf(curves: readonly ChartCurve[], lines: readonly ChartLine[], spread: BandKind): ChartCurve[] {
  return lines.flatMap((line) => {
    const members = curves.filter(({ id }) => line.runs.includes(id))
    if (members.length === 0) return []
    const { xs, mean, low, high } = bandOf(members, spread)
    return [{ id: line.label, label: `${line.label} (${plural(members.length, 'run')})`, color: line.color, xs, ys: mean, ...(members.length > 1 ? { band: { low, high } } : {}) }]
  })
}

function commonRange(curves: readonly ChartCurve[], log: boolean): [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { ys, band } of curves) {
    for (const y of [ys, band?.low ?? [], band?.high ?? []].flat()) {
      if (y === null || (log && y <= 0)) continue
      low = Math.min(low, y)
      high = Math.max(high, y)
    }
  }
  if (low > high) return undefined
  const room = log ? 0 : (high - low) * 0.05 || Math.abs(low) * 0.1 || 1
  return log ? [low / 1.1, high * 1.1] : [low - room, high + room]
}

function curvesOf(series: readonly Series[], metric: string, runs: readonly ChartRun[], x: 'step' | 'time'): ChartCurve[] {
  return runs.flatMap((run) => {
    const found = series.find((each) => each.run_id === run.id && each.key === metric)
    if (!found) return []
    const ys = found.y.map((y) => {
      const value = toNumber(y)
      return value !== undefined && Number.isFinite(value) ? value : null
    })
    return [{ id: run.id, label: run.label, color: run.color, xs: x === 'time' ? found.x.map((at) => at / 1000) : found.x, ys }]
  })
}
