// A small graph from left to right: what came of what. Each node is a link, so that keys walk it in the order of reading.

import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

export interface FlowNode {
  id: string
  icon: LucideIcon
  label: string
  /** What kind of thing it is, or a fact about it. */
  hint: string
  /** Leads to it; the node's content stands inside. */
  link?: (content: ReactNode, className: string) => ReactNode
  here?: boolean
}

export interface FlowStage {
  title: string
  nodes: FlowNode[]
}

const WIDTH = 206
const HEIGHT = 52
const GAP_X = 46
const GAP_Y = 12
const TOP = 24
const MOST = 12

/** @param edges pairs of ids; an edge to a node that is not shown is left out */
export function Flow({ label, stages, edges }: { label: string; stages: readonly FlowStage[]; edges: readonly (readonly [string, string])[] }) {
  const columns = stages.filter(({ nodes }) => nodes.length > 0)
  const longest = Math.max(...columns.map(({ nodes }) => Math.min(nodes.length, MOST) + (nodes.length > MOST ? 1 : 0)))
  const height = TOP + longest * (HEIGHT + GAP_Y) - GAP_Y
  const width = columns.length * (WIDTH + GAP_X) - GAP_X
  const places = new Map<string, { x: number; y: number }>()
  columns.forEach(({ nodes }, column) => {
    const rows = Math.min(nodes.length, MOST) + (nodes.length > MOST ? 1 : 0)
    const from = TOP + ((longest - rows) * (HEIGHT + GAP_Y)) / 2
    nodes.slice(0, MOST).forEach(({ id }, row) => places.set(id, { x: column * (WIDTH + GAP_X), y: from + row * (HEIGHT + GAP_Y) }))
  })
  return (
    <div className="overflow-x-auto pb-1" tabIndex={0} role="group" aria-label={label}>
      <div className="relative" style={{ width, height }}>
        <svg aria-hidden width={width} height={height} className="absolute inset-0 text-line-strong">
          {edges.map(([a, b]) => {
            const from = places.get(a)
            const to = places.get(b)
            if (!from || !to) return null
            const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x - 5, to.y + HEIGHT / 2]
            const bend = (x2 - x1) / 2
            return (
              <g key={`${a} ${b}`} fill="none" stroke="currentColor" strokeWidth="1.5">
                <path d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} />
                <path d={`M${x2 - 4} ${y2 - 4} L${x2 + 1} ${y2} L${x2 - 4} ${y2 + 4}`} />
              </g>
            )
          })}
        </svg>
        {columns.map(({ title, nodes }, column) => (
          <div key={title} className="absolute top-0" style={{ left: column * (WIDTH + GAP_X), width: WIDTH }}>
            <h3 className="text-xs font-semibold text-ink-3">{title}</h3>
            <ul aria-label={title}>
              {nodes.slice(0, MOST).map((node) => (
                <li key={node.id} className="absolute left-0 w-full" style={{ top: places.get(node.id)!.y, height: HEIGHT }}>
                  <Node node={node} />
                </li>
              ))}
              {nodes.length > MOST && (
                <li className="absolute left-0 px-3 text-sm text-ink-3" style={{ top: TOP + MOST * (HEIGHT + GAP_Y) }}>
                  and {nodes.length - MOST} more
                </li>
              )}
            </ul>
          </div>
        ))}
      </div>
    </div>
  )
}

function Node({ node }: { node: FlowNode }) {
  const { icon: Icon, label, hint, link, here } = node
  const box = `flex h-full items-center gap-2.5 rounded-md border px-3 ${here ? 'border-accent bg-accent-soft' : 'border-line-strong bg-surface'}`
  const content = (
    <>
      <Icon aria-hidden size={17} className={`shrink-0 ${here ? 'text-accent' : 'text-ink-3'}`} />
      <span className="min-w-0">
        <span className="block truncate text-sm font-medium" title={label}>
          {label}
        </span>
        <span className="block truncate text-xs text-ink-2" title={hint}>
          {hint}
        </span>
      </span>
    </>
  )
  return link ? link(content, `${box} hover:bg-hover`) : <div className={box}>{content}</div>
}
