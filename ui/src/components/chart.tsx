// Curves of metrics. The server has reduced them to the width; here they are smoothed, joined and drawn.

import { RotateCcw } from 'lucide-react'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatDateTime, formatNumber } from '../lib/format.ts'
import { isolatedPlaces, joinCurves, positiveOnly, smooth, summary, type Curve } from '../lib/series.ts'
import { Button } from './basics.tsx'
import { colorOf, COLORS } from './series-color.ts'
import { useTheme } from './theme.ts'

export interface ChartCurve extends Curve {
  id: string
  label: string
  /** Where it stands among the colours; the same for a run in every chart. */
  color: number
  /** How far the runs behind it spread. */
  band?: { low: (number | null)[]; high: (number | null)[] }
}

interface ChartProps {
  label: string
  curves: readonly ChartCurve[]
  x: 'step' | 'time'
  log: boolean
  /** 0 for none, towards 1 for more. */
  smoothing: number
  zoom?: [number, number] | undefined
  onZoom: (range: [number, number] | undefined) => void
  onWidth: (width: number) => void
  height?: number
  /** Values of each curve below, at the cursor or the last. */
  legend?: boolean
  /** For charts side by side: the same in all of them. */
  yRange?: [number, number] | undefined
}

/** What a line of the plot is of its curve. */
type Role = 'line' | 'faint' | 'edge'

const DASHES: number[][] = [[], [7, 4], [2, 3]]

export function Chart({ label, curves, x, log, smoothing, zoom, onZoom, onWidth, height = 220, legend = false, yRange }: ChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const [cursor, setCursor] = useState<number | undefined>()
  const theme = useTheme()

  const drawn = useMemo(() => {
    const withRaw = smoothing > 0
    const lines = curves.flatMap((curve) => {
      const raw = log ? positiveOnly(curve.ys) : curve.ys
      const line = (ys: (number | null)[], role: Role) => ({ curve, ys, role })
      const edges = curve.band ? [curve.band.low, curve.band.high].map((ys) => line(log ? positiveOnly(ys) : ys, 'edge')) : []
      if (!withRaw) return [...edges, line(raw, 'line')]
      return [...edges, ...(curve.band ? [] : [line(raw, 'faint')]), line(smooth({ xs: curve.xs, ys: raw }, smoothing), 'line')]
    })
    const joined = joinCurves(lines.map(({ curve, ys }) => ({ xs: curve.xs, ys })))
    return { lines, joined }
  }, [curves, smoothing, log])

  const structure = `${drawn.lines.map(({ curve, role }) => `${curve.id}:${curve.color}:${role}`).join(' ')}|${x}|${log}|${theme}|${height}|${yRange?.join()}`
  const latest = useRef({ drawn, zoom, onZoom, onWidth })
  useLayoutEffect(() => {
    latest.current = { drawn, zoom, onZoom, onWidth }
  })

  useLayoutEffect(() => {
    const element = host.current
    if (!element) return
    const colors = tokens(element)
    const axis = { stroke: colors.ink3, grid: { stroke: colors.line, width: 1 }, ticks: { stroke: colors.line, width: 1 }, font: colors.font }
    const options: uPlot.Options = {
      width: Math.max(element.clientWidth, 100),
      height,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 }, y: false },
      scales: {
        x: { time: x === 'time', range: (_u, low, high) => rangeOf(latest.current.zoom, x, low, high) },
        y: { ...(log ? { distr: 3 as const } : {}), ...(yRange ? { range: yRange } : {}) },
      },
      axes: [
        x === 'time' ? { ...axis, space: 70 } : { ...axis, size: 30, space: 60, values: (_u, splits) => splits.map((value) => (Number.isInteger(value) ? formatNumber(value) : '')) },
        { ...axis, size: 64, space: 32, values: (_u, splits) => splits.map((value) => (value === null ? '' : formatNumber(value))) },
      ],
      series: [
        {},
        ...latest.current.drawn.lines.map(({ curve, role }) => ({
          stroke: colors.series[curve.color % COLORS]!,
          width: role === 'line' ? 1.6 : role === 'faint' ? 1 : 0.5,
          alpha: role === 'line' ? 1 : 0.3,
          dash: role === 'line' ? DASHES[Math.floor(curve.color / COLORS) % DASHES.length]! : [],
          points: { show: role === 'line' && curve.xs.length <= 40, filter: (u: uPlot, series: number, show: boolean) => (show || role !== 'line' ? null : isolatedPlaces(u.data[series]!)), size: 5, fill: colors.series[curve.color % COLORS]! },
        })),
      ],
      // Its edges stand before each other, the lower first; the first series is x.
      bands: latest.current.drawn.lines.flatMap(({ curve, role }, i, lines) =>
        role === 'edge' && lines[i + 1]?.role === 'edge' && lines[i + 1]?.curve === curve ? [{ series: [i + 2, i + 1] as [number, number], fill: colors.soft[curve.color % COLORS]! }] : [],
      ),
      hooks: {
        setSelect: [
          (u) => {
            if (u.select.width < 4) return
            const from = u.posToVal(u.select.left, 'x')
            const to = u.posToVal(u.select.left + u.select.width, 'x')
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            const unit = x === 'time' ? 1000 : 1
            latest.current.onZoom([Math.floor(from * unit), Math.max(Math.ceil(to * unit), Math.floor(from * unit) + 1)])
          },
        ],
        setCursor: [(u) => setCursor(u.cursor.idx ?? undefined)],
      },
    }
    const made = new uPlot(options, dataOf(latest.current.drawn.joined), element)
    made.over.addEventListener('dblclick', () => latest.current.onZoom(undefined))
    plot.current = made
    const observer = new ResizeObserver(() => {
      const width = element.clientWidth
      if (width > 0) {
        made.setSize({ width, height })
        latest.current.onWidth(width)
      }
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [structure])

  useEffect(() => {
    plot.current?.setData(dataOf(drawn.joined))
  }, [drawn, zoom])

  const spoken = curves.map((curve) => {
    const facts = summary(curve)
    return facts ? `${curve.label}${curve.band ? ', mean' : ''}: last ${formatNumber(facts.last)}, lowest ${formatNumber(facts.min)}, highest ${formatNumber(facts.max)}` : `${curve.label}: no number`
  })

  return (
    <div className="relative min-w-0">
      <div ref={host} role="img" aria-label={`${label}. ${spoken.slice(0, 20).join('; ')}`} style={{ minHeight: height }} className="overflow-hidden" />
      {zoom && (
        <Button icon={RotateCcw} onClick={() => onZoom(undefined)} className="absolute top-1 right-2 z-10">
          Whole range
        </Button>
      )}
      {legend && (
        <ul className={`mt-1 grid gap-x-4 gap-y-0.5 px-1 text-sm ${curves.some(({ band }) => band) ? '' : 'sm:grid-cols-2'}`}>
          {drawn.lines.map(({ curve, role }, i) => {
            if (role !== 'line') return null
            const value = valueAt(drawn.joined.ys[i]!, cursor)
            return (
              <li key={curve.id} className="flex min-w-0 items-center gap-2">
                <Stroke color={curve.color} />
                <span className="min-w-0 flex-1 truncate" title={curve.label}>
                  {curve.label}
                </span>
                <span className="text-right">{value === undefined ? '–' : formatNumber(value)}</span>
              </li>
            )
          })}
        </ul>
      )}
      <p aria-hidden className="h-4 px-1 text-right text-xs text-ink-3">
        {cursor !== undefined && drawn.joined.xs[cursor] !== undefined
          ? `${x === 'time' ? formatDateTime(drawn.joined.xs[cursor]! * 1000, true) : `step ${formatNumber(drawn.joined.xs[cursor]!)}`}${
              legend || drawn.lines.length === 0 ? '' : `: ${shortValue(valueAt(drawn.joined.ys[drawn.lines.findLastIndex(({ role }) => role === 'line')]!, cursor))}`
            }`
          : ''}
      </p>
    </div>
  )
}

/** A zoom is in steps or milliseconds, the time axis in seconds. */
function rangeOf(zoom: [number, number] | undefined, x: 'step' | 'time', low: number, high: number): [number, number] {
  if (zoom) return x === 'time' ? [zoom[0] / 1000, zoom[1] / 1000] : zoom
  return low === high ? [low - 0.5, high + 0.5] : [low, high]
}

/** The mark of a curve beside its name. */
export function Stroke({ color }: { color: number }) {
  const dash = DASHES[Math.floor(color / COLORS) % DASHES.length]!
  return (
    <svg aria-hidden width="18" height="8" className="shrink-0">
      <line x1="0" x2="18" y1="4" y2="4" strokeWidth="2.5" style={{ stroke: colorOf(color) }} strokeDasharray={dash.join(' ')} />
    </svg>
  )
}

function shortValue(value: number | undefined): string {
  return value === undefined ? '–' : formatNumber(value)
}

/** At the cursor, or the last before it. */
function valueAt(ys: readonly (number | null | undefined)[], cursor: number | undefined): number | undefined {
  for (let i = Math.min(cursor ?? ys.length - 1, ys.length - 1); i >= 0; i--) {
    const y = ys[i]
    if (y !== null && y !== undefined) return y
  }
  return undefined
}

function dataOf({ xs, ys }: { xs: number[]; ys: (number | null | undefined)[][] }): uPlot.AlignedData {
  return [xs, ...ys] as uPlot.AlignedData
}

/** Canvas knows no variables: each token is resolved by an element that has it as its colour. */
function tokens(element: HTMLElement): { series: string[]; soft: string[]; ink3: string; line: string; font: string } {
  const probe = document.createElement('span')
  // Else the colour before would still be told while one changes into the other.
  probe.style.transition = 'none'
  element.append(probe)
  const color = (text: string): string => {
    probe.style.color = text
    return getComputedStyle(probe).color
  }
  const resolve = (name: string): string => color(`var(${name})`)
  const found = {
    series: Array.from({ length: COLORS }, (_, i) => resolve(`--c-series-${i + 1}`)),
    soft: Array.from({ length: COLORS }, (_, i) => color(`color-mix(in srgb, var(--c-series-${i + 1}) 20%, transparent)`)),
    ink3: resolve('--c-ink-3'),
    line: resolve('--c-line'),
    font: `12px ${getComputedStyle(element).fontFamily}`,
  }
  probe.remove()
  return found
}
