// A graph of what came from what, before it is drawn: what its things are called, and which of them are in sight.

import type { LineageEdge, LineageGraph, LineagePoint } from '../api/lineage.ts'

export interface Thing {
  kind: string
  /** The URN without its kind. */
  id: string
  label: string
  hint: string
  /** Of snapshots and columns. */
  dataset?: string
  snapshot?: string
}

const KINDS: Record<string, { one: string; many: string }> = {
  dataset: { one: 'dataset', many: 'Datasets' },
  snapshot: { one: 'version', many: 'Versions of datasets' },
  column: { one: 'column', many: 'Columns' },
  columns: { one: 'all columns', many: 'All columns of a dataset' },
  run: { one: 'run', many: 'Runs' },
  model: { one: 'model', many: 'Models' },
  'model-version': { one: 'model version', many: 'Model versions' },
  alias: { one: 'alias', many: 'Aliases' },
  'logged-model': { one: 'logged model', many: 'Logged models' },
  job: { one: 'job', many: 'Jobs' },
  'job-run': { one: 'run of a job', many: 'Runs of jobs' },
  external: { one: 'elsewhere', many: 'Data elsewhere' },
  'external-column': { one: 'column elsewhere', many: 'Columns elsewhere' },
  endpoint: { one: 'endpoint', many: 'Endpoints' },
}

export const kindsName = (kind: string): string => KINDS[kind]?.many ?? kind
export const kindName = (kind: string): string => KINDS[kind]?.one ?? kind

/** What a URN stands for, in words; what only the server knows (names of runs, numbers of versions) is filled in later. */
export function thingOf(urn: string): Thing {
  const colon = urn.indexOf(':')
  const kind = urn.slice(0, colon)
  const id = urn.slice(colon + 1)
  const hint = kindName(kind)
  switch (kind) {
    case 'snapshot': {
      const at = id.indexOf('@')
      return { kind, id, label: id.slice(0, at), hint: `version ${id.slice(at + 1, at + 7)}…`, dataset: id.slice(0, at), snapshot: id.slice(at + 1) }
    }
    case 'column': {
      const at = id.indexOf('#')
      return { kind, id, label: id.slice(at + 1), hint: `column of ${id.slice(0, at)}`, dataset: id.slice(0, at) }
    }
    case 'columns':
      return { kind, id, label: 'all columns', hint: `of ${id}`, dataset: id }
    case 'dataset':
      return { kind, id, label: id, hint, dataset: id }
    case 'model-version': {
      const at = id.lastIndexOf('/')
      return { kind, id, label: id.slice(0, at), hint: `version ${id.slice(at + 1)}` }
    }
    case 'alias': {
      const at = id.lastIndexOf('@')
      return { kind, id, label: id.slice(at + 1), hint: `alias of ${id.slice(0, at)}` }
    }
    case 'run':
    case 'logged-model':
    case 'job-run':
      return { kind, id, label: id.slice(0, 10), hint }
    case 'external':
    case 'job': {
      const path = id.replace(/\/+$/, '')
      return { kind, id, label: path.slice(path.lastIndexOf('/') + 1), hint: kind === 'job' ? `job of ${id.slice(0, id.indexOf('/'))}` : id.slice(id.indexOf('/') + 1) }
    }
    case 'external-column': {
      const at = id.lastIndexOf('#')
      return { kind, id, label: id.slice(at + 1), hint: `column of ${id.slice(0, at)}` }
    }
    default:
      return { kind, id, label: id, hint }
  }
}

export interface Shown {
  points: LineagePoint[]
  edges: LineageEdge[]
  /** How many things are out of sight because this one is closed. */
  behind: Map<string, number>
  /** Which have something to close: that leads on, away from the one asked for. */
  closable: Set<string>
}

const COLUMNS: ReadonlySet<string> = new Set(['column', 'columns', 'external-column'])

/**
 * What is in sight when some things are closed: only what is reached from the one asked for without going through them.
 *
 * @param columns whether columns are drawn; without them what they join is joined by the things they belong to
 */
export function shownOf(graph: LineageGraph, closed: ReadonlySet<string>, columns: boolean): Shown {
  const centre = graph.node
  const isDrawn = (point: LineagePoint) => columns || point.urn === centre || !COLUMNS.has(point.kind)
  const drawn = new Map(graph.nodes.filter(isDrawn).map((point) => [point.urn, point]))
  const edges = columns ? graph.edges.filter(({ from, to }) => drawn.has(from) && drawn.has(to)) : joined(graph.edges, drawn)
  const down = neighbours(edges, 'from', 'to')
  const up = neighbours(edges, 'to', 'from')
  const seen = new Set([centre])
  for (const way of [down, up]) reach(way, centre, closed, seen)
  const behind = new Map<string, number>()
  for (const urn of closed) {
    if (!seen.has(urn)) continue
    const all = new Set(seen)
    reach(sideOf(drawn.get(urn), down, up), urn, new Set(), all)
    behind.set(urn, all.size - seen.size)
  }
  const closable = new Set([...drawn.values()].filter((point) => point.urn !== centre && (sideOf(point, down, up).get(point.urn)?.length ?? 0) > 0).map(({ urn }) => urn))
  return { points: [...drawn.values()].filter(({ urn }) => seen.has(urn)), edges: edges.filter(({ from, to }) => seen.has(from) && seen.has(to)), behind, closable }
}

const sideOf = (point: LineagePoint | undefined, down: Ways, up: Ways): Ways => ((point?.distance ?? 0) < 0 ? up : down)

type Ways = Map<string, string[]>

function neighbours(edges: readonly LineageEdge[], from: 'from' | 'to', to: 'from' | 'to'): Ways {
  const ways: Ways = new Map()
  for (const edge of edges) ways.set(edge[from], [...(ways.get(edge[from]) ?? []), edge[to]])
  return ways
}

function reach(ways: Ways, start: string, closed: ReadonlySet<string>, seen: Set<string>): void {
  const waiting = [start]
  for (let urn = waiting.pop(); urn !== undefined; urn = waiting.pop()) {
    if (closed.has(urn)) continue
    for (const next of ways.get(urn) ?? []) {
      if (seen.has(next)) continue
      seen.add(next)
      waiting.push(next)
    }
  }
}

/** Edges between things in sight; a way through columns that are not drawn is one edge. */
function joined(edges: readonly LineageEdge[], drawn: ReadonlyMap<string, LineagePoint>): LineageEdge[] {
  const out = new Map<string, LineageEdge[]>()
  for (const edge of edges) out.set(edge.from, [...(out.get(edge.from) ?? []), edge])
  const found = new Map<string, LineageEdge>()
  // A column belongs to its dataset, which no edge says.
  const starts = new Set([...drawn.keys(), ...edges.map(({ from }) => from).filter((urn) => !drawn.has(urn))])
  for (const start of starts) {
    const source = drawn.has(start) ? start : `dataset:${thingOf(start).dataset ?? ''}`
    if (!drawn.has(source)) continue
    const waiting = [start]
    const seen = new Set(waiting)
    for (let urn = waiting.pop(); urn !== undefined; urn = waiting.pop()) {
      for (const edge of out.get(urn) ?? []) {
        if (seen.has(edge.to)) continue
        seen.add(edge.to)
        if (!drawn.has(edge.to)) waiting.push(edge.to)
        else if (edge.to !== source && !found.has(`${source} ${edge.to}`)) found.set(`${source} ${edge.to}`, { ...edge, from: source })
      }
    }
  }
  // What goes by way of a version as well is drawn by that way alone.
  const direct = neighbours(edges.filter(({ from, to }) => drawn.has(from) && drawn.has(to)), 'from', 'to')
  const isDoubled = ({ from, to }: LineageEdge) => !direct.get(from)?.includes(to) && direct.get(from)?.some((mid) => direct.get(mid)?.includes(to))
  return [...found.values()].filter((edge) => !isDoubled(edge))
}

/** The next thing in a direction: along an edge to the left and right, else the nearest above or below. */
export function stepTo(key: string, from: string, places: ReadonlyMap<string, { x: number; y: number }>): string | undefined {
  const here = places.get(from)
  if (!here) return undefined
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [urn, { x, y }] of places) {
    if (urn === from) continue
    const [dx, dy] = [x - here.x, y - here.y]
    const ahead = key === 'ArrowRight' ? dx : key === 'ArrowLeft' ? -dx : key === 'ArrowDown' ? dy : -dy
    const aside = key === 'ArrowRight' || key === 'ArrowLeft' ? Math.abs(dy) : Math.abs(dx)
    if (ahead <= 1) continue
    const far = ahead + 3 * aside
    if (far < least) [least, best] = [far, urn]
  }
  return best
}
