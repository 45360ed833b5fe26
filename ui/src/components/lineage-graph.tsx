// The graph of what came from what, drawn from left to right. Loaded when it is needed.

import '@xyflow/react/dist/base.css'
import dagre from '@dagrejs/dagre'
import { Controls, Handle, MiniMap, Position, ReactFlow, useReactFlow, ReactFlowProvider, type Edge, type Node, type NodeProps } from '@xyflow/react'
import { Minus, Plus } from 'lucide-react'
import { useEffect, useMemo, useRef } from 'react'
import { stepTo, type Shown, type Thing } from '../lib/lineage.ts'
import { useKeys } from './keys.tsx'
import { iconOf } from './lineage-icons.ts'

const WIDTH = 196
const HEIGHT = 52
/** What is smaller cannot be read. */
const SMALLEST = 0.72

interface LineageGraphProps {
  shown: Shown
  things: ReadonlyMap<string, Thing>
  centre: string
  /** What was asked for: when it is another, the view is fitted anew. Empty while the answer is on its way. */
  asked: string
  chosen: string
  onChoose: (urn: string) => void
  onCentre: (urn: string) => void
  /** Closes what leads on from it, or opens it again. */
  onToggle: (urn: string) => void
}

interface ThingData extends Record<string, unknown> {
  thing: Thing
  isCentre: boolean
  isChosen: boolean
  /** Which side a button that closes stands on. */
  side: 'left' | 'right' | undefined
  /** How many are out of sight behind it; undefined while it is open. */
  behind: number | undefined
  act: { choose: () => void; centre: () => void; toggle: () => void }
}

type ThingNode = Node<ThingData, 'thing'>

const TYPES = { thing: ThingBox }

export default function LineageGraph(props: LineageGraphProps) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  )
}

function Drawing({ shown, things, centre, asked, chosen, onChoose, onCentre, onToggle }: LineageGraphProps) {
  const flow = useReactFlow()
  const host = useRef<HTMLDivElement>(null)
  const places = useMemo(() => placesOf(shown), [shown])
  const nodes = useMemo(
    () =>
      shown.points.map(({ urn, distance }): ThingNode => {
        const thing = things.get(urn)!
        return {
          id: urn,
          type: 'thing',
          position: places.get(urn) ?? { x: 0, y: 0 },
          width: WIDTH,
          height: HEIGHT,
          style: { pointerEvents: 'all' },
          data: {
            thing,
            isCentre: urn === centre,
            isChosen: urn === chosen,
            side: shown.closable.has(urn) ? (distance < 0 ? 'left' : 'right') : undefined,
            behind: shown.behind.get(urn),
            act: { choose: () => onChoose(urn), centre: () => onCentre(urn), toggle: () => onToggle(urn) },
          },
        }
      }),
    [shown, things, places, centre, chosen, onChoose, onCentre, onToggle],
  )
  const edges = useMemo(
    () =>
      shown.edges.map(({ from, to, kind, ended_at: ended }): Edge => {
        const near = from === chosen || to === chosen
        return { id: `${from} ${to} ${kind}`, source: from, target: to, focusable: false, className: near ? 'near' : '', animated: false, style: { stroke: near ? 'var(--c-accent)' : 'var(--c-line-strong)', strokeWidth: near ? 2 : 1.25, ...(ended ? { strokeDasharray: '4 3' } : {}) } }
      }),
    [shown, chosen],
  )
  // What is asked for is in the middle; what is closed or opened does not move the eye away.
  const fitted = useRef('')
  useEffect(() => {
    if (asked === '' || fitted.current === asked) return
    fitted.current = asked
    requestAnimationFrame(() => void flow.fitView({ padding: 0.08, maxZoom: 1, minZoom: SMALLEST }).then(() => show(centre, false)))
  }, [asked, centre, places, flow])
  const show = (urn: string, focus = true) => {
    const place = places.get(urn)
    const area = host.current?.getBoundingClientRect()
    if (!place || !area) return
    const { x, y, zoom } = flow.getViewport()
    const [left, top] = [place.x * zoom + x, place.y * zoom + y]
    const inside = left >= 0 && top >= 0 && left + WIDTH * zoom <= area.width && top + HEIGHT * zoom <= area.height
    if (!inside) void flow.setCenter(place.x + WIDTH / 2, place.y + HEIGHT / 2, { zoom })
    if (focus) host.current?.querySelector<HTMLElement>(`[data-urn="${CSS.escape(urn)}"]`)?.focus({ preventScroll: true })
  }
  const walk = (key: string) => {
    const next = stepTo(key, chosen, places)
    if (next === undefined) return
    onChoose(next)
    show(next)
  }
  useKeys('Lineage', [
    ...(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] as const).map((key) => ({ key, says: { ArrowLeft: 'What it was made of', ArrowRight: 'What was made of it', ArrowUp: 'The one above', ArrowDown: 'The one below' }[key], run: () => walk(key) })),
    { key: 'c', says: 'Close or open what leads on', run: () => shown.closable.has(chosen) && onToggle(chosen) },
    { key: 'Enter', says: 'Put it in the middle', run: () => onCentre(chosen) },
    { key: '0', says: 'All of it in sight', run: () => void flow.fitView({ padding: 0.12, maxZoom: 1 }) },
  ])
  return (
    <div ref={host} className="lineage h-full" role="group" aria-label="Graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        minZoom={0.1}
        maxZoom={1.6}
        onlyRenderVisibleElements={shown.points.length > 150}
        proOptions={{ hideAttribution: true }}
      >
        <Controls showInteractive={false} position="bottom-left" aria-label="Zoom" />
        {shown.points.length > 12 && <MiniMap pannable ariaLabel={null} nodeColor={({ id }) => (id === centre ? 'var(--c-accent)' : 'var(--c-line-strong)')} maskColor="color-mix(in srgb, var(--c-page) 75%, transparent)" style={{ width: 150, height: 96 }} bgColor="var(--c-sunken)" className="hidden sm:block" />}
      </ReactFlow>
    </div>
  )
}

function ThingBox({ data, id }: NodeProps<ThingNode>) {
  const { thing, isCentre, isChosen, side, behind, act } = data
  const Icon = iconOf(thing.kind)
  return (
    <div className={`relative h-full w-full rounded-md border ${isChosen ? 'outline-2 outline-offset-2 outline-focus' : ''} ${isCentre ? 'border-accent bg-accent-soft' : 'border-line-strong bg-surface'}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button type="button" data-urn={id} aria-pressed={isChosen} onClick={act.choose} onDoubleClick={act.centre} title={`${id}\nTwice: put it in the middle`} className="nopan flex h-full w-full items-center gap-2.5 rounded-md px-3 text-left hover:bg-hover">
        <Icon aria-hidden size={17} className={`shrink-0 ${isCentre ? 'text-accent' : 'text-ink-3'}`} />
        <span className="min-w-0">
          <span className="block truncate text-sm font-medium">{thing.label}</span>
          <span className="block truncate text-xs text-ink-2">{thing.hint}</span>
        </span>
      </button>
      {side && (
        <button
          type="button"
          tabIndex={-1}
          aria-expanded={behind === undefined}
          aria-label={behind === undefined ? `Close what leads on from ${thing.label}` : `${behind > 0 ? `+${behind}, open` : 'Open'} what leads on from ${thing.label}`}
          onClick={act.toggle}
          className={`nopan absolute top-1/2 z-10 flex h-5 min-w-5 -translate-y-1/2 items-center justify-center rounded-full border border-line-strong bg-raised px-1 text-xs text-ink-2 hover:text-ink ${side === 'right' ? '-right-2.5' : '-left-2.5'}`}
        >
          {behind === undefined ? <Minus aria-hidden size={11} /> : behind > 0 ? `+${behind}` : <Plus aria-hidden size={11} />}
        </button>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  )
}

function placesOf({ points, edges }: Shown): Map<string, { x: number; y: number }> {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 48 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { urn } of points) graph.setNode(urn, { width: WIDTH, height: HEIGHT })
  for (const { from, to } of edges) graph.setEdge(from, to)
  dagre.layout(graph)
  return new Map(
    points.map(({ urn }) => {
      const { x, y } = graph.node(urn) as { x: number; y: number }
      return [urn, { x: x - WIDTH / 2, y: y - HEIGHT / 2 }]
    }),
  )
}
