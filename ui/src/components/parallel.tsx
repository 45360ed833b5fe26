// Parallel coordinates: an axis for each param and metric, a line for each run. A range drawn on an axis leaves the runs
// within it.

import { useEffect, useMemo, useRef, useState } from 'react'
import { formatNumber, plural } from '../lib/format.ts'
import { axisOf, brushBetween, isWithin, placeOf, placesOfBrush, ticksOf, type Axis, type Brush } from '../lib/plot.ts'
import { cut, PlotTable, rampColor, RampLegend, resolveColors, showValue, useWidth, type Field, type PlotRun } from './plot.tsx'
import { colorOf } from './series-color.ts'
import { useTheme } from './theme.ts'

const HEIGHT = 330
const TOP = 44
const BOTTOM = 34
const SIDE = 56
const LEAST_GAP = 92
const RAMP = 24

interface ParallelProps {
  runs: readonly PlotRun[]
  fields: readonly Field[]
  brushes: readonly Brush[]
  onBrushes: (brushes: Brush[]) => void
  /** Chooses a run, or no longer. */
  onChoose: (id: string) => void
}

export function within(run: PlotRun, brushes: readonly Brush[], axes: ReadonlyMap<string, Axis>): boolean {
  return brushes.every((brush) => !axes.has(brush.axis) || isWithin(run.values.get(brush.axis), brush))
}

export function axesOf(runs: readonly PlotRun[], fields: readonly Field[]): Map<string, Axis> {
  return new Map(
    fields.flatMap(({ id }) => {
      const axis = axisOf(runs.map((run) => run.values.get(id)))
      return axis ? [[id, axis] as const] : []
    }),
  )
}

export function Parallel({ runs, fields, brushes, onBrushes, onChoose }: ParallelProps) {
  const [holder, room] = useWidth(200)
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useTheme()
  const [hovered, setHovered] = useState<string>()
  const [drawing, setDrawing] = useState<{ axis: string; from: number; to: number }>()
  const axes = useMemo(() => axesOf(runs, fields), [runs, fields])
  const shown = useMemo(() => fields.filter(({ id }) => axes.has(id)), [fields, axes])
  const width = Math.max(room, 2 * SIDE + LEAST_GAP * Math.max(shown.length - 1, 1))
  const xs = useMemo(() => shown.map((_, i) => (shown.length === 1 ? width / 2 : SIDE + (i * (width - 2 * SIDE)) / (shown.length - 1))), [shown, width])
  const drawn = drawing && brushBetween(drawing.axis, axes.get(drawing.axis)!, drawing.from, drawing.to)
  const live = drawing ? [...brushes.filter(({ axis }) => axis !== drawing.axis), ...(drawn ? [drawn] : [])] : brushes
  const inRange = useMemo(() => runs.filter((run) => within(run, live, axes)), [runs, axes, JSON.stringify(live)])
  const last = shown.at(-1)

  const lines = useMemo(
    () =>
      runs.map((run) => ({
        run,
        ys: shown.map(({ id }) => {
          const place = placeOf(axes.get(id)!, run.values.get(id))
          return place === undefined ? HEIGHT - 12 : yOf(place)
        }),
      })),
    [runs, shown, axes],
  )

  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context || room === 0) return
    const ratio = Math.min(devicePixelRatio, 2)
    element.width = width * ratio
    element.height = HEIGHT * ratio
    context.scale(ratio, ratio)
    const parent = element.parentElement!
    const ramp = resolveColors(parent, Array.from({ length: RAMP }, (_, i) => rampColor(i / (RAMP - 1))))
    const series = resolveColors(parent, Array.from({ length: 8 }, (_, i) => colorOf(i)))
    const [faint, ink] = resolveColors(parent, ['var(--c-line)', 'var(--c-ink)'])
    const meant = new Set(inRange.map(({ id }) => id))
    const draw = ({ ys }: (typeof lines)[number], color: string, lineWidth: number, alpha: number) => {
      context.strokeStyle = color
      context.lineWidth = lineWidth
      context.globalAlpha = alpha
      context.beginPath()
      ys.forEach((y, i) => (i === 0 ? context.moveTo(xs[i]!, y) : context.lineTo(xs[i]!, y)))
      context.stroke()
    }
    const lastAxis = last && axes.get(last.id)
    const usual = lines.length > 200 ? 0.45 : 0.75
    for (const line of lines) if (!meant.has(line.run.id)) draw(line, faint!, 1, 0.6)
    for (const line of lines) {
      if (!meant.has(line.run.id) || line.run.color !== undefined) continue
      const place = (lastAxis && placeOf(lastAxis, line.run.values.get(last.id))) ?? 0.5
      draw(line, ramp[Math.round(place * (RAMP - 1))]!, 1.2, usual)
    }
    for (const line of lines) if (line.run.color !== undefined) draw(line, series[line.run.color % 8]!, 2.6, meant.has(line.run.id) ? 1 : 0.3)
    const under = lines.find(({ run }) => run.id === hovered)
    if (under) draw(under, ink!, 2.2, 1)
    context.globalAlpha = 1
  }, [lines, inRange, xs, width, room, theme, hovered, last, axes])

  const near = (x: number, y: number): string | undefined => {
    const right = xs.findIndex((each) => each >= x)
    if (right < 1) return undefined
    const part = (x - xs[right - 1]!) / (xs[right]! - xs[right - 1]!)
    const meant = new Set(inRange.map(({ id }) => id))
    let best: { id: string; off: number } | undefined
    for (const { run, ys } of lines) {
      if (!meant.has(run.id)) continue
      const off = Math.abs(ys[right - 1]! + (ys[right]! - ys[right - 1]!) * part - y)
      if (off < 7 && (!best || off < best.off)) best = { id: run.id, off }
    }
    return best?.id
  }
  const setBrush = (axis: string, brush: Brush | undefined) => onBrushes([...brushes.filter((each) => each.axis !== axis), ...(brush ? [brush] : [])])
  const hoveredName = runs.find(({ id }) => id === hovered)?.name

  if (shown.length === 0) return <p ref={holder} className="text-ink-2">None of these runs has a value on these axes.</p>
  return (
    <div ref={holder} className="min-w-0">
      <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Parallel coordinates">
        <div className="relative" style={{ width, height: HEIGHT }}>
          <canvas
            ref={canvas}
            role="img"
            aria-label={`${plural(runs.length, 'run')} on ${shown.length} axes: ${shown.map(({ label }) => label).join(', ')}. ${inRange.length} within the chosen ranges. The table below has the numbers and sets ranges by keys.`}
            style={{ width, height: HEIGHT }}
            className="absolute inset-0"
          />
          <svg
            aria-hidden
            width={width}
            height={HEIGHT}
            className="absolute inset-0 touch-pan-x select-none"
            onPointerMove={(event) => {
              const box = event.currentTarget.getBoundingClientRect()
              if (drawing) setDrawing({ ...drawing, to: placeAt(event.clientY - box.top) })
              else setHovered(near(event.clientX - box.left, event.clientY - box.top))
            }}
            onPointerLeave={() => setHovered(undefined)}
            onPointerUp={() => {
              if (!drawing) return
              setDrawing(undefined)
              const isRange = Math.abs(drawing.to - drawing.from) > 0.015
              setBrush(drawing.axis, isRange ? drawn : undefined)
            }}
            onClick={() => hovered && !drawing && onChoose(hovered)}
          >
            {shown.map(({ id, label }, i) => {
              const axis = axes.get(id)!
              const brush = live.find((each) => each.axis === id)
              const x = xs[i]!
              return (
                <g key={id}>
                  <text x={x} y={14} textAnchor="middle" className="fill-ink text-xs font-medium">
                    <title>{label}</title>
                    {cut(label, 15)}
                  </text>
                  <text x={x} y={28} textAnchor="middle" className="fill-ink-3 text-xs">
                    {axis.kind === 'number' && axis.log ? 'log' : ''}
                  </text>
                  <line x1={x} x2={x} y1={TOP} y2={HEIGHT - BOTTOM} className="stroke-line-strong" />
                  {ticksOf(axis, axis.kind === 'name' ? 12 : 5).map(({ place, value }) => (
                    <g key={String(value)}>
                      <line x1={x - 4} x2={x} y1={yOf(place)} y2={yOf(place)} className="stroke-line-strong" />
                      <text x={x - 7} y={yOf(place)} textAnchor="end" dominantBaseline="middle" className="plot-halo fill-ink-2 text-xs">
                        {cut(showValue(value), 9)}
                      </text>
                    </g>
                  ))}
                  {runs.some((run) => placeOf(axis, run.values.get(id)) === undefined) && (
                    <text x={x - 7} y={HEIGHT - 12} textAnchor="end" dominantBaseline="middle" className="plot-halo fill-ink-3 text-xs">
                      none
                    </text>
                  )}
                  {brush && <BrushMark axis={axis} brush={brush} x={x} />}
                  <rect
                    data-axis={id}
                    x={x - 14}
                    y={TOP - 8}
                    width={28}
                    height={HEIGHT - TOP - BOTTOM + 16}
                    className="cursor-crosshair touch-none fill-transparent"
                    onPointerDown={(event) => {
                      const box = event.currentTarget.ownerSVGElement!.getBoundingClientRect()
                      const place = placeAt(event.clientY - box.top)
                      event.currentTarget.setPointerCapture(event.pointerId)
                      setHovered(undefined)
                      setDrawing({ axis: id, from: place, to: place })
                    }}
                    onClick={(event) => event.stopPropagation()}
                  />
                </g>
              )
            })}
          </svg>
        </div>
      </div>
      <div className="flex min-h-6 flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm">
        <span>
          <span className="font-medium">{brushes.length > 0 ? `${inRange.length} of ${plural(runs.length, 'run')} within the ranges` : plural(runs.length, 'run')}</span>
          <span className="ml-2 text-ink-3">{hoveredName ?? (brushes.length > 0 ? '' : 'Draw along an axis to choose a range; click a line to choose its run.')}</span>
        </span>
        {last && axes.get(last.id)?.kind === 'number' && <RampLegend label={last.label} axis={axes.get(last.id)!} />}
      </div>
      <Ranges fields={shown} axes={axes} brushes={brushes} onBrush={setBrush} />
      <PlotTable label="Runs within the ranges" runs={inRange} fields={shown} onChoose={onChoose} />
    </div>
  )
}

function BrushMark({ axis, brush, x }: { axis: Axis; brush: Brush; x: number }) {
  const places = placesOfBrush(axis, brush)
  if (!places) return null
  const [bottom, top] = places.map((place) => yOf(Math.max(-0.02, Math.min(1.02, place)))) as [number, number]
  return <rect x={x - 7} y={top - 1} width={14} height={Math.max(bottom - top, 0) + 2} rx={3} className="fill-accent/25 stroke-accent" />
}

/** Ranges by keys, and what is chosen in words. */
function Ranges({ fields, axes, brushes, onBrush }: { fields: readonly Field[]; axes: ReadonlyMap<string, Axis>; brushes: readonly Brush[]; onBrush: (axis: string, brush: Brush | undefined) => void }) {
  return (
    <details className="mt-2 text-sm" open={brushes.length > 0 ? true : undefined}>
      <summary className="cursor-pointer text-ink-2">Ranges</summary>
      <ul className="mt-2 grid gap-x-6 gap-y-2 sm:grid-cols-2 lg:grid-cols-3">
        {fields.map(({ id, label }) => {
          const axis = axes.get(id)!
          const brush = brushes.find((each) => each.axis === id)
          if (axis.kind === 'name') {
            const only = brush && 'first' in brush && brush.first === brush.last ? axis.names.indexOf(brush.first) : -1
            return (
              <li key={id} className="flex items-center gap-2">
                <label className="flex min-w-0 flex-1 items-center gap-2">
                  <span className="min-w-0 flex-1 truncate" title={label}>
                    {label}
                  </span>
                  <select
                    className="field w-36"
                    value={brush ? only : 'all'}
                    onChange={(event) => {
                      const name = axis.names[Number(event.target.value)]
                      onBrush(id, name === undefined ? undefined : { axis: id, first: name, last: name })
                    }}
                  >
                    <option value="all">all</option>
                    {brush && only < 0 && <option value={-1}>several</option>}
                    {axis.names.slice(0, 500).map((name, i) => (
                      <option key={name} value={i}>
                        {name}
                      </option>
                    ))}
                  </select>
                </label>
              </li>
            )
          }
          const [low, high] = brush && 'from' in brush ? [String(brush.from), String(brush.to)] : ['', '']
          const set = (from: string, to: string) => {
            const next = { axis: id, from: from === '' ? axis.low : Number(from), to: to === '' ? axis.high : Number(to) }
            onBrush(id, (from === '' && to === '') || !(next.from <= next.to) ? undefined : next)
          }
          return (
            <li key={`${id} ${low} ${high}`} className="flex items-center gap-2">
              <span className="min-w-0 flex-1 truncate" title={label}>
                {label}
              </span>
              <input type="number" step="any" aria-label={`${label} from`} placeholder={formatNumber(axis.low)} defaultValue={low} onBlur={(event) => event.target.value !== low && set(event.target.value, high)} onKeyDown={blurOnEnter} className="field w-24" />
              <span aria-hidden>…</span>
              <input type="number" step="any" aria-label={`${label} to`} placeholder={formatNumber(axis.high)} defaultValue={high} onBlur={(event) => event.target.value !== high && set(low, event.target.value)} onKeyDown={blurOnEnter} className="field w-24" />
            </li>
          )
        })}
      </ul>
    </details>
  )
}

function blurOnEnter(event: React.KeyboardEvent<HTMLInputElement>): void {
  if (event.key === 'Enter') event.currentTarget.blur()
}

function yOf(place: number): number {
  return TOP + (HEIGHT - TOP - BOTTOM) * (1 - place)
}

function placeAt(y: number): number {
  return Math.max(0, Math.min(1, 1 - (y - TOP) / (HEIGHT - TOP - BOTTOM)))
}
