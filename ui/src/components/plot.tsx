// What plots of runs share: their size, their colours, their axes.

import { useLayoutEffect, useState, type ReactNode } from 'react'
import { formatNumber } from '../lib/format.ts'
import { ticksOf, type Axis, type Value } from '../lib/plot.ts'

/** One run as plots see it. */
export interface PlotRun {
  id: string
  name: string
  values: ReadonlyMap<string, Value>
  /** Its colour among the chosen ones; undefined for all others. */
  color: number | undefined
}

export interface Field {
  id: string
  label: string
}

/** How wide the element is that gets the ref; another one may get it later. */
export function useWidth(least: number): [(element: HTMLElement | null) => void, number] {
  const [element, setElement] = useState<HTMLElement | null>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    if (!element) return
    const measure = () => setWidth(Math.max(least, Math.floor(element.clientWidth)))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [element, least])
  return [setElement, width]
}

/** Canvas knows no variables: each colour is resolved by an element that has it. */
export function resolveColors(element: HTMLElement, colors: readonly string[]): string[] {
  const probe = document.createElement('span')
  probe.style.transition = 'none'
  element.append(probe)
  const found = colors.map((color) => {
    probe.style.color = color
    return getComputedStyle(probe).color
  })
  probe.remove()
  return found
}

/** The colour of a place from 0 to 1: low, middle and high token mixed. */
export function rampColor(place: number): string {
  const at = Math.max(0, Math.min(1, place)) * 2
  const [from, to, part] = at <= 1 ? [1, 2, at] : [2, 3, at - 1]
  return `color-mix(in oklab, var(--c-ramp-${to}) ${Math.round(part * 100)}%, var(--c-ramp-${from}))`
}

export function showValue(value: Value): string {
  return typeof value === 'number' ? formatNumber(value) : value
}

export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/** What the colours of a plot mean. */
export function RampLegend({ label, axis }: { label: string; axis: Axis }) {
  if (axis.kind === 'name') {
    return (
      <ul aria-label={`Colours: ${label}`} className="flex flex-wrap gap-x-3 gap-y-1 text-xs">
        {axis.names.slice(0, 8).map((name, i) => (
          <li key={name} className="flex items-center gap-1">
            <span aria-hidden className="size-3 rounded-full" style={{ background: `var(--c-series-${(i % 8) + 1})` }} />
            <span className="max-w-40 truncate">{name}</span>
          </li>
        ))}
        {axis.names.length > 8 && <li className="text-ink-3">and {axis.names.length - 8} more</li>}
      </ul>
    )
  }
  return (
    <div className="flex items-center gap-2 text-xs">
      <span className="max-w-40 truncate" title={label}>
        {label}
      </span>
      <span>{formatNumber(axis.low)}</span>
      <span aria-hidden className="flex h-3 w-28 overflow-hidden rounded-sm">
        {Array.from({ length: 12 }, (_, i) => (
          <span key={i} className="flex-1" style={{ background: rampColor(i / 11) }} />
        ))}
      </span>
      <span>{formatNumber(axis.high)}</span>
      {axis.log && <span className="text-ink-3">log</span>}
    </div>
  )
}

export const PLOT = { left: 68, right: 14, top: 10, bottom: 44 }

interface FrameProps {
  width: number
  height: number
  x: Axis
  y: Axis
  xLabel: string
  yLabel: string
  children?: ReactNode
}

/** Axes with their ticks; what is drawn stands between them. */
export function PlotFrame({ width, height, x, y, xLabel, yLabel, children }: FrameProps) {
  const inner = { width: width - PLOT.left - PLOT.right, height: height - PLOT.top - PLOT.bottom }
  const xTicks = ticksOf(x, Math.max(2, Math.floor(inner.width / 90)))
  const yTicks = ticksOf(y, Math.max(2, Math.floor(inner.height / 40)))
  return (
    <>
      {yTicks.map(({ place, value }) => {
        const at = PLOT.top + inner.height * (1 - pad(place))
        return (
          <g key={`y${value}`}>
            <line x1={PLOT.left} x2={width - PLOT.right} y1={at} y2={at} className="stroke-line" />
            <text x={PLOT.left - 6} y={at} textAnchor="end" dominantBaseline="middle" className="fill-ink-3 text-xs">
              {cut(showValue(value), 9)}
            </text>
          </g>
        )
      })}
      {xTicks.map(({ place, value }) => {
        const at = PLOT.left + inner.width * pad(place)
        return (
          <g key={`x${value}`}>
            <line x1={at} x2={at} y1={PLOT.top} y2={height - PLOT.bottom} className="stroke-line" />
            <text x={at} y={height - PLOT.bottom + 15} textAnchor="middle" className="fill-ink-3 text-xs">
              {cut(showValue(value), 12)}
            </text>
          </g>
        )
      })}
      {children}
      <text x={PLOT.left + inner.width / 2} y={height - 8} textAnchor="middle" className="fill-ink-2 text-xs font-medium">
        {cut(xLabel, 60)}
        {x.kind === 'number' && x.log ? ' (log)' : ''}
      </text>
      <text transform={`translate(12 ${PLOT.top + inner.height / 2}) rotate(-90)`} textAnchor="middle" className="fill-ink-2 text-xs font-medium">
        {cut(yLabel, 36)}
        {y.kind === 'number' && y.log ? ' (log)' : ''}
      </text>
    </>
  )
}

/** Points at the ends of an axis stand a little inside. */
export function pad(place: number): number {
  return 0.04 + place * 0.92
}

/** The numbers behind a plot, for whoever does not see it or wants them exactly. */
export function PlotTable({ label, runs, fields, onChoose, most = 100 }: { label: string; runs: readonly PlotRun[]; fields: readonly Field[]; onChoose: (id: string) => void; most?: number }) {
  const [open, setOpen] = useState(false)
  return (
    <details className="mt-2 text-sm" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer text-ink-2">As a table</summary>
      {open && (
        <div className="mt-2 max-h-80 overflow-auto rounded-md border border-line" tabIndex={0} role="group" aria-label={label}>
          <table className="w-full text-left">
            <thead className="sticky top-0 bg-surface">
              <tr className="border-b border-line">
                <th scope="col" className="w-8 px-2 py-1">
                  <span className="sr-only">Chosen</span>
                </th>
                <th scope="col" className="px-2 py-1 text-xs font-semibold text-ink-2">
                  Run
                </th>
                {fields.map((field) => (
                  <th key={field.id} scope="col" className="px-2 py-1 text-xs font-semibold text-ink-2">
                    {field.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {runs.slice(0, most).map((run) => (
                <tr key={run.id} className="border-b border-line last:border-0">
                  <td className="px-2 py-1">
                    <input type="checkbox" aria-label={`Choose ${run.name}`} checked={run.color !== undefined} onChange={() => onChoose(run.id)} />
                  </td>
                  <th scope="row" className="max-w-52 truncate px-2 py-1 font-medium" title={run.name}>
                    {run.name}
                  </th>
                  {fields.map((field) => {
                    const value = run.values.get(field.id)
                    return (
                      <td key={field.id} className="max-w-52 truncate px-2 py-1">
                        {value === undefined ? '–' : showValue(value)}
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
          {runs.length > most && <p className="p-2 text-ink-3">And {runs.length - most} more; the run table exports them all.</p>}
        </div>
      )}
    </details>
  )
}
