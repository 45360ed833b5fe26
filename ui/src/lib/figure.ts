// A Plotly figure's JSON, read into the few kinds of traces that are drawn here.

export type Value = number | string | null

export type Trace = { name: string; panel: string } & (
  | { kind: 'lines'; xs: Value[]; ys: Value[]; line: boolean; markers: boolean; fill: boolean }
  | { kind: 'bars'; xs: Value[]; ys: Value[]; flat: boolean }
  | { kind: 'heat'; xs: Value[]; ys: Value[]; zs: (number | null)[][] }
)

export interface AxisNote {
  title: string
  kind: 'number' | 'log' | 'date' | 'category'
  reversed: boolean
}

export interface Panel {
  id: string
  x: AxisNote
  y: AxisNote
  traces: Trace[]
  /** Bars stand on each other, not beside each other. */
  stacked: boolean
}

export interface Figure {
  title: string
  panels: Panel[]
  /** Kinds of traces that are there and are not drawn, with how many. */
  undrawn: { kind: string; count: number }[]
}

const MOST_POINTS = 200_000

/** Undefined when the JSON is no figure. */
export function figureOf(value: unknown): Figure | undefined {
  const outer = fields(value)
  const body = Array.isArray(outer.data) ? outer : fields(outer.figure ?? outer.plotly)
  const { data } = body
  if (!Array.isArray(data) || !data.every((trace) => isTrace(trace)) || (body.layout === undefined && data.length === 0)) return undefined
  if (body.layout === undefined && !data.every((trace) => typeof fields(trace).type === 'string')) return undefined
  const layout = fields(body.layout)
  const panels = new Map<string, Panel>()
  const undrawn = new Map<string, number>()
  data.forEach((raw, at) => {
    const trace = fields(raw)
    if (trace.visible === false || trace.visible === 'legendonly') return
    const type = typeof trace.type === 'string' ? trace.type : 'scatter'
    const panel = `${text(trace.xaxis) || 'x'} ${text(trace.yaxis) || 'y'}`
    const read = readTrace(trace, type, { name: text(trace.name) || `trace ${at + 1}`, panel })
    if (!read) {
      undrawn.set(type, (undrawn.get(type) ?? 0) + 1)
      return
    }
    const found = panels.get(panel)
    if (found) found.traces.push(read)
    else panels.set(panel, { id: panel, ...axesOf(panel, layout), traces: [read], stacked: layout.barmode === 'stack' || layout.barmode === 'relative' })
  })
  for (const panel of panels.values()) settleAxes(panel)
  return { title: titleOf(layout.title), panels: [...panels.values()], undrawn: [...undrawn].map(([kind, count]) => ({ kind, count })) }
}

function isTrace(value: unknown): boolean {
  const trace = fields(value)
  return typeof trace.type === 'string' || ['x', 'y', 'z', 'values', 'r'].some((name) => name in trace)
}

function readTrace(trace: Record<string, unknown>, type: string, who: { name: string; panel: string }): Trace | undefined {
  switch (type) {
    case 'scatter':
    case 'scattergl': {
      const ys = values(trace.y)
      const xs = axisValues(trace.x, ys.length, trace.x0, trace.dx)
      if (trace.y === undefined && trace.x === undefined) return undefined
      const shown = ys.length === 0 ? xs.map((_, i) => i) : ys
      const mode = text(trace.mode) || (shown.length < 20 ? 'lines+markers' : 'lines')
      return { ...who, kind: 'lines', xs, ys: shown, line: mode.includes('lines'), markers: mode.includes('markers'), fill: typeof trace.fill === 'string' && trace.fill !== 'none' }
    }
    case 'bar': {
      const flat = trace.orientation === 'h'
      const [along, long] = flat ? [trace.y, trace.x] : [trace.x, trace.y]
      const ys = values(long)
      const xs = axisValues(along, ys.length, undefined, undefined)
      return { ...who, kind: 'bars', xs, ys, flat }
    }
    case 'histogram': {
      if (trace.histfunc !== undefined && trace.histfunc !== 'count') return undefined
      const flat = trace.x === undefined
      const { xs, ys } = histogram(values(flat ? trace.y : trace.x), Number(trace.nbinsx ?? trace.nbinsy ?? 0), text(trace.histnorm))
      return { ...who, kind: 'bars', xs, ys, flat }
    }
    case 'heatmap':
    case 'heatmapgl': {
      const zs = matrix(trace.z)
      const width = Math.max(0, ...zs.map((row) => row.length))
      if (width === 0 || zs.length * width > MOST_POINTS) return undefined
      return { ...who, kind: 'heat', xs: labels(trace.x, width), ys: labels(trace.y, zs.length), zs }
    }
    default:
      return undefined
  }
}

/** Counts in bins of equal width, as many as the root of the values, at round borders; categories are counted each. */
export function histogram(raw: Value[], wanted: number, norm: string): { xs: Value[]; ys: number[] } {
  const known = raw.filter((value): value is number | string => value !== null)
  const total = known.length
  const scale = norm === 'percent' ? 100 / total : norm === 'probability' || norm === 'probability density' ? 1 / total : 1
  if (!known.every((value): value is number => typeof value === 'number')) {
    const counts = new Map<string, number>()
    for (const value of known) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
    return { xs: [...counts.keys()], ys: [...counts.values()].map((count) => count * scale) }
  }
  if (total === 0) return { xs: [], ys: [] }
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of known) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low === high) return { xs: [low], ys: [total * scale] }
  const width = niceStep((high - low) / (wanted > 0 ? Math.min(wanted, 500) : Math.min(Math.max(Math.ceil(Math.sqrt(total)), 5), 60)))
  const first = Math.floor(low / width)
  const bins = Math.floor(high / width) - first + 1
  const ys = new Array<number>(bins).fill(0)
  for (const value of known) ys[Math.min(Math.max(Math.floor(value / width) - first, 0), bins - 1)]! += scale
  const dense = norm.includes('density') ? width : 1
  return { xs: ys.map((_, i) => (first + i + 0.5) * width), ys: ys.map((y) => y / dense) }
}

/** The next of 1, 2, 5 times a power of ten that is no smaller. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  const times = least / power
  return (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10) * power
}

function axesOf(panel: string, layout: Record<string, unknown>): { x: AxisNote; y: AxisNote } {
  const [x = 'x', y = 'y'] = panel.split(' ')
  const axis = (id: string): AxisNote => {
    const given = fields(layout[`${id[0]}axis${id.slice(1)}`])
    const type = text(given.type)
    return {
      title: titleOf(given.title),
      kind: type === 'log' ? 'log' : type === 'date' ? 'date' : type === 'category' || type === 'multicategory' ? 'category' : 'number',
      reversed: given.autorange === 'reversed',
    }
  }
  return { x: axis(x), y: axis(y) }
}

/** What stands on an axis decides what kind it is, unless the layout did. */
function settleAxes(panel: Panel): void {
  const kindOf = (all: Value[]): AxisNote['kind'] => {
    const known = all.filter((value) => value !== null && value !== '')
    const words = known.filter((value) => typeof value === 'string')
    if (words.length === 0) return 'number'
    return words.length === known.length && words.every(isDate) ? 'date' : 'category'
  }
  const heat = panel.traces.some(({ kind }) => kind === 'heat')
  const along = (axis: 'x' | 'y') => panel.traces.flatMap((trace) => (trace.kind === 'bars' && trace.flat ? (axis === 'x' ? trace.ys : trace.xs) : axis === 'x' ? trace.xs : trace.ys))
  for (const axis of ['x', 'y'] as const) {
    if (heat) panel[axis].kind = 'category'
    else if (panel[axis].kind === 'number') panel[axis].kind = kindOf(along(axis))
  }
}

function isDate(value: Value): boolean {
  return typeof value === 'string' && /^\d{4}-\d{2}(-\d{2})?([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(value)
}

/** Milliseconds of a date as Plotly writes it: in UTC, where no zone stands. */
export function timeOf(value: Value): number | null {
  if (typeof value !== 'string') return value
  const iso = value.replace(' ', 'T')
  const time = Date.parse(/T/.test(iso) && !/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? `${iso}Z` : iso)
  return Number.isNaN(time) ? null : time
}

function axisValues(given: unknown, length: number, from: unknown, step: unknown): Value[] {
  const found = values(given)
  if (found.length > 0) return found
  const first = typeof from === 'number' ? from : 0
  const by = typeof step === 'number' ? step : 1
  return Array.from({ length }, (_, i) => first + i * by)
}

function labels(given: unknown, length: number): Value[] {
  const found = values(given)
  return Array.from({ length }, (_, i) => found[i] ?? i)
}

function values(given: unknown): Value[] {
  const list = decoded(given)
  return list.slice(0, MOST_POINTS).map((value) => (typeof value === 'number' ? (Number.isFinite(value) ? value : null) : typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : null))
}

function matrix(given: unknown): (number | null)[][] {
  const numbers = (row: unknown): (number | null)[] => values(row).map((value) => (typeof value === 'number' ? value : null))
  if (Array.isArray(given)) return given.map(numbers)
  const { shape } = fields(given)
  const [rows = 0, columns = 0] = (typeof shape === 'string' ? shape.split(',') : []).map((part) => Number(part.trim()))
  const flat = numbers(given)
  return columns > 0 ? Array.from({ length: rows }, (_, i) => flat.slice(i * columns, (i + 1) * columns)) : []
}

const ARRAYS: Record<string, new (buffer: ArrayBuffer) => ArrayLike<number>> = {
  i1: Int8Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  f4: Float32Array,
  f8: Float64Array,
}

/** Plotly 6 writes arrays as base64 of their bytes. */
function decoded(given: unknown): unknown[] {
  if (Array.isArray(given)) return given
  const { dtype, bdata } = fields(given)
  const type = typeof dtype === 'string' ? ARRAYS[dtype] : undefined
  if (!type || typeof bdata !== 'string') return []
  try {
    const bytes = Uint8Array.from(atob(bdata), (c) => c.charCodeAt(0))
    return Array.from(new type(bytes.buffer))
  } catch {
    return []
  }
}

function titleOf(value: unknown): string {
  return text(typeof value === 'object' ? fields(value).text : value).replace(/<br\s*\/?>/gi, ' ').replace(/<[^>]*>/g, '')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
