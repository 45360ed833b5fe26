// One metric of some runs: asks for its series when it comes in sight, and again when a run logs to it or the zoom changes.

import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useChanges } from '../api/changes.ts'
import { seriesQuery, type Series } from '../api/runs.ts'
import { formatDateTime, formatNumber, toNumber } from '../lib/format.ts'
import { rangeOf, type ChartSearch } from '../lib/search-params.ts'
import { ErrorState } from './basics.tsx'
import { Chart, colorOf, type ChartCurve } from './chart.tsx'

export interface ChartRun {
  id: string
  label: string
  color: number
  running: boolean
}

interface MetricChartProps {
  metric: string
  runs: readonly ChartRun[]
  search: ChartSearch
  onZoom: (range: [number, number] | undefined) => void
  legend?: boolean
  height?: number
  /** Somebody reads: what is new is asked for when they are done. */
  paused?: boolean
}

export function MetricChart({ metric, runs, search, onZoom, legend = false, height = 200, paused = false }: MetricChartProps) {
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

  const curves = useMemo(() => curvesOf(data ?? [], metric, runs, x), [data, metric, runs, x])
  const onWidth = useCallback((pixels: number) => setWidth((old) => (Math.abs(old - pixels) < 50 ? old : Math.min(Math.max(100, Math.round(pixels / 50) * 50), 4000))), [])

  return (
    <div ref={holder} className={`min-w-0 ${isPlaceholderData ? 'opacity-70' : ''}`} style={{ minHeight: data ? undefined : height }}>
      {error ? (
        <ErrorState error={error} what={`${metric} could not be read`} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className="skeleton" style={{ height }} />
      ) : data.length > 0 && !range && data.every((series) => series.points === 1) ? (
        data.length === 1 && runs.length === 1 ? <SinglePoint series={data[0]!} x={x} /> : <Bars series={data} runs={runs} />
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
function Bars({ series, runs }: { series: readonly Series[]; runs: readonly ChartRun[] }) {
  const values = runs.map((run) => ({ run, value: toNumber(series.find((each) => each.run_id === run.id)?.y[0]) }))
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
