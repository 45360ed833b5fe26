// A figure that was logged as Plotly's JSON, drawn with this page's own colours. Kinds of traces it does not know are named.

import { useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { axisOf, type Axis } from '../lib/axis.ts'
import { timeOf, type Figure, type Panel, type Trace, type Value } from '../lib/figure.ts'
import { formatNumber } from '../lib/format.ts'
import { JsonTree } from './preview-data.tsx'

const HEIGHT = 360
const BOTTOM = 46
const TOP = 10
const RIGHT = 14
const BARS_SHOWN = 3_000
const CELLS_SHOWN = 20_000
const COLORS = 8
const LAYERS: Trace['kind'][] = ['heat', 'bars', 'lines']

const color = (index: number): string => `var(--c-series-${(index % COLORS) + 1})`

export function FigureView({ figure, raw }: { figure: Figure; raw: unknown }) {
  const { title, panels, undrawn } = figure
  return (
    <>
      {title && <h4 className="mb-2 text-center font-semibold">{title}</h4>}
      <div className={`grid grid-cols-[minmax(0,1fr)] gap-5 ${panels.length > 1 ? 'xl:grid-cols-[repeat(2,minmax(0,1fr))]' : ''}`}>
        {panels.map((panel) => (
          <PanelView key={panel.id} panel={panel} title={title} />
        ))}
      </div>
      {undrawn.length > 0 && (
        <>
          <p className="mt-3 mb-2 text-sm text-ink-2">
            Not drawn here: {undrawn.map(({ kind, count }) => `${count === 1 ? 'a trace' : `${count} traces`} of the type ${kind}`).join(', ')}. Plotly draws {undrawn.length === 1 && undrawn[0]!.count === 1 ? 'it' : 'them'} from the file.
          </p>
          {panels.length === 0 && <JsonTree value={raw} />}
        </>
      )}
      {panels.length === 0 && undrawn.length === 0 && <p className="text-ink-2">The figure holds no data.</p>}
    </>
  )
}

function PanelView({ panel, title }: { panel: Panel; title: string }) {
  const host = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = host.current
    if (!element) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    setWidth(element.clientWidth)
    return () => observer.disconnect()
  }, [])
  const named = panel.traces.filter(({ kind }) => kind !== 'heat')
  const spoken = `${title || 'Figure'}. ${panel.traces.map((trace) => `${trace.name}: ${trace.kind === 'heat' ? `${trace.zs.length} rows` : `${trace.ys.length} points`}`).slice(0, 12).join('; ')}`
  return (
    <div className="min-w-0">
      <div ref={host} style={{ minHeight: HEIGHT }}>
        {width > 0 && (
          <svg role="img" aria-label={spoken} width={width} height={HEIGHT} className="block text-xs">
            <Drawn panel={panel} width={width} />
          </svg>
        )}
      </div>
      {named.length > 1 && (
        <ul aria-label="Traces" className="mt-1 flex flex-wrap justify-center gap-x-4 gap-y-0.5 text-sm">
          {named.slice(0, 40).map((trace, i) => (
            <li key={i} className="flex min-w-0 items-center gap-1.5">
              <svg aria-hidden width="12" height="12" className="shrink-0">
                <rect width="12" height="12" rx="2" style={{ fill: color(panel.traces.indexOf(trace)) }} />
              </svg>
              <span className="truncate">{trace.name}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Drawn({ panel, width }: { panel: Panel; width: number }) {
  const { left, x, y } = useMemo(() => axes(panel, width), [panel, width])
  const bars = panel.traces.filter((trace) => trace.kind === 'bars')
  const bases = useMemo(() => basesOf(panel), [panel])
  return (
    <>
      <g className="stroke-line">
        {panel.y.kind !== 'category' && y.ticks.map(({ at }, i) => <line key={i} x1={left} x2={width - RIGHT} y1={at} y2={at} />)}
        {panel.y.kind === 'category' && panel.x.kind !== 'category' && x.ticks.map(({ at }, i) => <line key={i} x1={at} x2={at} y1={TOP} y2={HEIGHT - BOTTOM} />)}
      </g>
      <g className="fill-ink-3">
        {y.ticks.map(({ at, label }, i) => (
          <text key={i} x={left - 6} y={at} textAnchor="end" dominantBaseline="middle">
            {label}
          </text>
        ))}
        {x.ticks.map(({ at, label }, i) => (
          <text key={i} x={at} y={HEIGHT - BOTTOM + 16} textAnchor="middle">
            {label}
          </text>
        ))}
      </g>
      <g className="fill-ink-2">
        <text x={(left + width - RIGHT) / 2} y={HEIGHT - 6} textAnchor="middle">
          {panel.x.title}
        </text>
        <text transform={`translate(11 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)`} textAnchor="middle">
          {panel.y.title}
        </text>
      </g>
      {/* What covers least is drawn last. */}
      {[...panel.traces.entries()].sort(([, a], [, b]) => LAYERS.indexOf(a.kind) - LAYERS.indexOf(b.kind)).map(([i, trace]) =>
        trace.kind === 'lines' ? (
          <Lines key={i} trace={trace} x={x} y={y} stroke={color(i)} />
        ) : trace.kind === 'bars' ? (
          <Bars key={i} trace={trace} x={x} y={y} fill={color(i)} of={panel.stacked ? 1 : bars.length} nth={panel.stacked ? 0 : bars.indexOf(trace)} bases={bases[i]!} />
        ) : (
          <Heat key={i} trace={trace} x={x} y={y} />
        ),
      )}
      <line x1={left} x2={width - RIGHT} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} className="stroke-line-strong" />
    </>
  )
}

function axes(panel: Panel, width: number): { left: number; x: Axis; y: Axis } {
  const along = (axis: 'x' | 'y'): Value[] => {
    const all: Value[] = []
    const sums = new Map<string, number>()
    for (const trace of panel.traces) {
      const isLong = trace.kind === 'bars' && trace.flat === (axis === 'x')
      const values = trace.kind === 'bars' && trace.flat ? (axis === 'x' ? trace.ys : trace.xs) : axis === 'x' ? trace.xs : trace.ys
      for (const [i, value] of values.entries()) {
        if (isLong && panel.stacked && typeof value === 'number') {
          const key = String(trace.xs[i])
          sums.set(key, (sums.get(key) ?? 0) + value)
          all.push(sums.get(key)!)
        } else all.push(value)
      }
    }
    return [...all, ...roomForBars(panel, axis)]
  }
  const zero = (axis: 'x' | 'y') => panel.traces.some((trace) => (trace.kind === 'bars' && trace.flat === (axis === 'x')) || (trace.kind === 'lines' && trace.fill && axis === 'y'))
  const ys = along('y')
  const provisional = axisOf(panel.y, ys, HEIGHT - BOTTOM, TOP, { zero: zero('y'), labelWidth: 34 })
  const longest = Math.max(0, ...provisional.ticks.map(({ label }) => label.length))
  const left = Math.min(longest * 6.5 + 14, width * 0.35) + (panel.y.title ? 16 : 0)
  return { left, y: provisional, x: axisOf(panel.x, along('x'), left, width - RIGHT, { zero: zero('x'), labelWidth: panel.x.kind === 'date' ? 90 : 64 }) }
}

/** Where each bar begins: at zero, or on the bars below it. */
function basesOf(panel: Panel): number[][] {
  const sums = new Map<string, number>()
  return panel.traces.map((trace) => {
    if (!panel.stacked || trace.kind !== 'bars') return []
    return trace.ys.map((value, i) => {
      const key = String(trace.xs[i])
      const base = sums.get(key) ?? 0
      if (typeof value === 'number') sums.set(key, base + value)
      return base
    })
  })
}

/** Bars at numbers reach half their width beyond the first and the last. */
function roomForBars(panel: Panel, axis: 'x' | 'y'): Value[] {
  if (panel[axis].kind === 'category' || panel[axis].kind === 'log') return []
  return panel.traces.flatMap((trace) => {
    if (trace.kind !== 'bars' || trace.flat !== (axis === 'y')) return []
    const places = trace.xs.map(timeOf).filter((place): place is number => typeof place === 'number')
    const [gap] = gaps(places)
    if (places.length === 0 || !Number.isFinite(gap)) return []
    return [places.reduce((a, b) => Math.min(a, b)) - gap! / 2, places.reduce((a, b) => Math.max(a, b)) + gap! / 2]
  })
}

function Lines({ trace, x, y, stroke }: { trace: Extract<Trace, { kind: 'lines' }>; x: Axis; y: Axis; stroke: string }) {
  const { line, dots, area } = useMemo(() => {
    let line = ''
    let dots = ''
    let pen = 'M'
    const floor = y.at(0) ?? HEIGHT - BOTTOM
    let area = ''
    let first: number | undefined
    let last = 0
    for (const [i, value] of trace.xs.entries()) {
      const px = x.at(value)
      const py = y.at(trace.ys[i] ?? null)
      if (px === undefined || py === undefined) {
        pen = 'M'
        continue
      }
      const point = `${px.toFixed(1)} ${py.toFixed(1)}`
      line += `${pen}${point}`
      dots += `M${point}h0`
      area += `${first === undefined ? `M${px.toFixed(1)} ${floor}L` : 'L'}${point}`
      first ??= px
      last = px
      pen = 'L'
    }
    return { line, dots, area: first === undefined ? '' : `${area}L${last.toFixed(1)} ${floor}Z` }
  }, [trace, x, y])
  return (
    <g fill="none" style={{ stroke }}>
      {trace.fill && <path d={area} stroke="none" style={{ fill: stroke }} fillOpacity="0.15" />}
      {trace.line && <path d={line} strokeWidth="1.8" strokeLinejoin="round" />}
      {/* A stroke of no length with a round end is a dot: however many, they are one element. */}
      {trace.markers && <path d={dots} strokeWidth={trace.xs.length > 2_000 ? 3 : 6} strokeLinecap="round" strokeOpacity={trace.xs.length > 500 ? 0.6 : 1} />}
    </g>
  )
}

interface BarsProps {
  trace: Extract<Trace, { kind: 'bars' }>
  x: Axis
  y: Axis
  fill: string
  nth: number
  of: number
  /** Where each begins, if not at zero. */
  bases: readonly number[]
}

function Bars({ trace, x, y, fill, nth, of, bases }: BarsProps) {
  const [along, long] = trace.flat ? [y, x] : [x, y]
  const places = trace.xs.map((value) => along.at(value))
  const band = along.band ?? Math.min(...gaps(places), 60)
  const thick = Math.max(1, (band * 0.84) / of)
  const bars: ReactNode[] = []
  for (const [i, value] of trace.ys.slice(0, BARS_SHOWN).entries()) {
    const place = places[i]
    if (place === undefined || typeof value !== 'number') continue
    const base = bases[i] ?? 0
    const from = long.at(base) ?? (trace.flat ? 0 : HEIGHT - BOTTOM)
    const to = long.at(base + value)
    if (to === undefined) continue
    const side = place - (thick * of) / 2 + nth * thick
    const [low, length] = [Math.min(from, to), Math.max(Math.abs(to - from), 0.5)]
    const label = `${trace.name}, ${trace.xs[i]}: ${formatNumber(value)}`
    bars.push(
      <rect key={i} {...(trace.flat ? { x: low, y: side, width: length, height: thick } : { x: side, y: low, width: thick, height: length })}>
        <title>{label}</title>
      </rect>,
    )
  }
  return <g style={{ fill }}>{bars}</g>
}

function gaps(places: readonly (number | undefined)[]): number[] {
  const sorted = places.filter((place): place is number => place !== undefined).sort((a, b) => a - b)
  let least = Number.POSITIVE_INFINITY
  for (let i = 1; i < sorted.length; i++) if (sorted[i]! > sorted[i - 1]!) least = Math.min(least, sorted[i]! - sorted[i - 1]!)
  return [least]
}

function Heat({ trace, x, y }: { trace: Extract<Trace, { kind: 'heat' }>; x: Axis; y: Axis }) {
  const known = trace.zs.flat().filter((z): z is number => z !== null)
  const low = known.reduce((least, z) => Math.min(least, z), Number.POSITIVE_INFINITY)
  const high = known.reduce((most, z) => Math.max(most, z), Number.NEGATIVE_INFINITY)
  const [width, height] = [x.band ?? 1, y.band ?? 1]
  const cells: ReactNode[] = []
  for (const [row, zs] of trace.zs.entries()) {
    for (const [column, z] of zs.entries()) {
      if (z === null || cells.length >= CELLS_SHOWN) continue
      const cx = x.at(trace.xs[column] ?? null)
      const cy = y.at(trace.ys[row] ?? null)
      if (cx === undefined || cy === undefined) continue
      const strength = high > low ? 0.06 + 0.94 * ((z - low) / (high - low)) : 0.5
      cells.push(
        <g key={`${row} ${column}`}>
          <rect x={cx - width / 2} y={cy - height / 2} width={width} height={height} shapeRendering="crispEdges" className="fill-accent" fillOpacity={strength}>
            <title>{`${trace.xs[column]}, ${trace.ys[row]}: ${formatNumber(z)}`}</title>
          </rect>
          {width >= 40 && height >= 18 && (
            <text x={cx} y={cy} textAnchor="middle" dominantBaseline="middle" pointerEvents="none" className={strength > 0.7 ? 'fill-on-accent' : 'fill-ink'}>
              {formatNumber(z)}
            </text>
          )}
        </g>,
      )
    }
  }
  return <>{cells}</>
}
