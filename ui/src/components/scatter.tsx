// Runs as points between two of their params or metrics, coloured by a third; and a metric as a surface over two params.

import { useEffect, useMemo, useRef, useState } from 'react'
import { formatNumber, plural } from '../lib/format.ts'
import { axisOf, FEWEST_PLACES, numberOf, placeOf, placesOf, surfaceOf, type Axis } from '../lib/plot.ts'
import { pad, PLOT, PlotFrame, PlotTable, rampColor, RampLegend, resolveColors, showValue, useWidth, type Field, type PlotRun } from './plot.tsx'
import { colorOf } from './series-color.ts'
import { useTheme } from './theme.ts'

const HEIGHT = 340

interface ScatterProps {
  runs: readonly PlotRun[]
  x: Field
  y: Field
  color: Field | undefined
  onChoose: (id: string) => void
}

interface Placed {
  run: PlotRun
  left: number
  top: number
}

function placed(runs: readonly PlotRun[], x: Field, y: Field, xAxis: Axis, yAxis: Axis, width: number): Placed[] {
  return runs.flatMap((run) => {
    const [px, py] = [placeOf(xAxis, run.values.get(x.id)), placeOf(yAxis, run.values.get(y.id))]
    if (px === undefined || py === undefined) return []
    return [{ run, left: PLOT.left + (width - PLOT.left - PLOT.right) * pad(px), top: PLOT.top + (HEIGHT - PLOT.top - PLOT.bottom) * (1 - pad(py)) }]
  })
}

export function Scatter({ runs, x, y, color, onChoose }: ScatterProps) {
  const [holder, width] = useWidth(240)
  const [hovered, setHovered] = useState<PlotRun>()
  const xAxis = useMemo(() => axisOf(runs.map((run) => run.values.get(x.id))), [runs, x.id])
  const yAxis = useMemo(() => axisOf(runs.map((run) => run.values.get(y.id))), [runs, y.id])
  const colors = useMemo(() => (color ? axisOf(runs.map((run) => run.values.get(color.id))) : undefined), [runs, color?.id])
  if (!xAxis || !yAxis) return <p ref={holder} className="text-ink-2">No run has both {x.label} and {y.label}.</p>
  const points = width === 0 ? [] : placed(runs, x, y, xAxis, yAxis, width)
  const fill = (run: PlotRun): string => {
    if (run.color !== undefined) return colorOf(run.color)
    if (!color || !colors) return 'var(--c-accent)'
    const value = run.values.get(color.id)
    const place = placeOf(colors, value)
    if (place === undefined) return 'var(--c-ink-3)'
    return colors.kind === 'name' ? `var(--c-series-${(colors.names.indexOf(String(value)) % 8) + 1})` : rampColor(place)
  }
  const fields = [x, y, ...(color ? [color] : [])]
  return (
    <div ref={holder} className="min-w-0">
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={`${plural(points.length, 'run')} by ${x.label} and ${y.label}${color ? `, coloured by ${color.label}` : ''}. The table below has the numbers.`} className="block">
          <PlotFrame width={width} height={HEIGHT} x={xAxis} y={yAxis} xLabel={x.label} yLabel={y.label}>
            {points
              .sort((a, b) => Number(a.run.color !== undefined) - Number(b.run.color !== undefined))
              .map(({ run, left, top }) => (
                <circle
                  key={run.id}
                  cx={left}
                  cy={top}
                  r={run.color !== undefined ? 6.5 : points.length > 300 ? 3.5 : 4.5}
                  style={{ fill: fill(run) }}
                  strokeWidth={run === hovered || run.color !== undefined ? 2 : 0.75}
                  className={`cursor-pointer ${run === hovered || run.color !== undefined ? 'stroke-ink' : 'stroke-surface'}`}
                  onPointerEnter={() => setHovered(run)}
                  onPointerLeave={() => setHovered(undefined)}
                  onClick={() => onChoose(run.id)}
                />
              ))}
          </PlotFrame>
        </svg>
      )}
      <div className="flex min-h-6 flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm">
        <span aria-hidden className="truncate text-ink-2">
          {hovered ? `${hovered.name}: ${fields.map((field) => `${field.label} ${shown(hovered, field)}`).join(', ')}` : points.length < runs.length ? `${runs.length - points.length} without a value are left out` : ''}
        </span>
        {color && colors && <RampLegend label={color.label} axis={colors} />}
      </div>
      <PlotTable label="Runs of the scatter plot" runs={points.map(({ run }) => run)} fields={fields} onChoose={onChoose} />
    </div>
  )
}

function shown(run: PlotRun, field: Field): string {
  const value = run.values.get(field.id)
  return value === undefined ? '–' : showValue(value)
}

const COLUMNS = 72
const ROWS = 48
const LEVELS = 10
/** How far from a run the surface is shown, of the plot's side. */
const REACH = 0.45

export function Contour({ runs, x, y, z, onChoose }: { runs: readonly PlotRun[]; x: Field; y: Field; z: Field; onChoose: (id: string) => void }) {
  const [holder, width] = useWidth(240)
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useTheme()
  const [hovered, setHovered] = useState<PlotRun>()
  const [xAxis, yAxis, zAxis] = useMemo(() => [x, y, z].map((field) => axisOf(runs.map((run) => run.values.get(field.id)))), [runs, x.id, y.id, z.id])
  const points = useMemo(
    () =>
      !xAxis || !yAxis
        ? []
        : runs.flatMap((run) => {
            const [px, py, value] = [placeOf(xAxis, run.values.get(x.id)), placeOf(yAxis, run.values.get(y.id)), numberOf(run.values.get(z.id))]
            return px === undefined || py === undefined || value === undefined ? [] : [{ run, x: pad(px), y: pad(py), value }]
          }),
    [runs, xAxis, yAxis, x.id, y.id, z.id],
  )
  const places = placesOf(points)
  const numbers = zAxis?.kind === 'number' && xAxis?.kind === 'number' && yAxis?.kind === 'number'
  const spans = numbers && places >= FEWEST_PLACES && new Set(points.map((point) => point.x)).size > 1 && new Set(points.map((point) => point.y)).size > 1
  const surface = useMemo(() => (spans ? surfaceOf(points, COLUMNS, ROWS, REACH) : undefined), [spans, points])
  const inner = { width: width - PLOT.left - PLOT.right, height: HEIGHT - PLOT.top - PLOT.bottom }

  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context || !surface || zAxis?.kind !== 'number') return
    element.width = COLUMNS * 8
    element.height = ROWS * 8
    const colors = resolveColors(element.parentElement!, Array.from({ length: LEVELS }, (_, i) => rampColor(i / (LEVELS - 1))))
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        const place = placeOf(zAxis, surface[row * COLUMNS + column])
        if (place === undefined || Number.isNaN(place)) continue
        context.fillStyle = colors[Math.max(0, Math.min(LEVELS - 1, Math.floor(place * LEVELS)))]!
        context.fillRect(column * 8, (ROWS - 1 - row) * 8, 8, 8)
      }
    }
  }, [surface, zAxis, theme, width])

  if (!spans || !xAxis || !yAxis || !zAxis) {
    return (
      <p ref={holder} className="text-ink-2">
        {!xAxis || !yAxis || !zAxis
          ? `No run has ${x.label}, ${y.label} and ${z.label}.`
          : !numbers
            ? `A contour needs numbers, and ${[x, y, z].filter((_, i) => [xAxis, yAxis, zAxis][i]?.kind !== 'number').map(({ label }) => label).join(' and ')} has others. Choose another, or look at the scatter plot.`
            : `Too few runs for a contour: ${plural(places, 'pair')} of ${x.label} and ${y.label}, and ${FEWEST_PLACES} that span a surface are needed.`}
      </p>
    )
  }
  const low = points.reduce((best, point) => (point.value < best.value ? point : best))
  const high = points.reduce((best, point) => (point.value > best.value ? point : best))
  return (
    <div ref={holder} className="min-w-0">
      {width > 0 && (
        <div className="relative" style={{ width, height: HEIGHT }}>
          <canvas ref={canvas} aria-hidden className="absolute" style={{ left: PLOT.left, top: PLOT.top, width: inner.width, height: inner.height }} />
          <svg
            width={width}
            height={HEIGHT}
            role="img"
            aria-label={`${z.label} over ${x.label} and ${y.label}, between ${plural(points.length, 'run')}. Lowest ${formatNumber(low.value)} at ${x.label} ${shown(low.run, x)}, ${y.label} ${shown(low.run, y)}; highest ${formatNumber(high.value)} at ${x.label} ${shown(high.run, x)}, ${y.label} ${shown(high.run, y)}.`}
            className="absolute inset-0"
          >
            <PlotFrame width={width} height={HEIGHT} x={xAxis} y={yAxis} xLabel={x.label} yLabel={y.label}>
              {points.map(({ run, x: px, y: py }) => (
                <circle
                  key={run.id}
                  cx={PLOT.left + inner.width * px}
                  cy={PLOT.top + inner.height * (1 - py)}
                  r={run.color !== undefined ? 6 : 4}
                  style={{ fill: run.color !== undefined ? colorOf(run.color) : 'var(--c-surface)' }}
                  strokeWidth={run === hovered ? 2.5 : 1.25}
                  className="cursor-pointer stroke-ink"
                  onPointerEnter={() => setHovered(run)}
                  onPointerLeave={() => setHovered(undefined)}
                  onClick={() => onChoose(run.id)}
                />
              ))}
            </PlotFrame>
          </svg>
        </div>
      )}
      <div className="flex min-h-6 flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm">
        <span aria-hidden className="truncate text-ink-2">
          {hovered ? `${hovered.name}: ${[x, y, z].map((field) => `${field.label} ${shown(hovered, field)}`).join(', ')}` : 'Between the points it is a guess: the mean of the runs around, the near ones most.'}
        </span>
        <RampLegend label={z.label} axis={zAxis} />
      </div>
      <PlotTable label="Runs of the contour" runs={points.map(({ run }) => run)} fields={[x, y, z]} onChoose={onChoose} />
    </div>
  )
}
