// A table that stays fast at any size: only the rows and columns in sight are in the document. The first columns stay
// where they are, the others are sorted, resized and walked by keys.

import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { memo, useCallback, useEffect, useId, useMemo, useRef, useState, type ReactNode } from 'react'
import { parseOrder } from '../lib/columns.ts'
import { useRowHeight } from './density.ts'
import { useKeys } from './keys.tsx'

export interface TableColumn<Row> {
  id: string
  label: string
  /** The whole name, where the label is short. */
  title?: string
  width: number
  numeric?: boolean
  pinned?: boolean
  /** It keeps its width. */
  fixed?: boolean
  /** What an order names it; without one the column cannot be sorted. */
  orderField?: string
  render: (row: Row) => ReactNode
  /** What `f` does on its cell. */
  onFilter?: (row: Row) => void
}

interface TableProps<Row> {
  /** Under this name the widths of its columns are remembered. */
  name: string
  label: string
  rows: readonly Row[]
  idOf: (row: Row) => string
  columns: readonly TableColumn<Row>[]
  order?: string | undefined
  onOrder?: (column: TableColumn<Row>) => void
  selected: ReadonlySet<string>
  /** Without it rows have no tick. */
  onSelect?: (ids: string[]) => void
  onOpen: (row: Row) => void
  /** Keys that do something with the marked row. */
  rowKeys?: readonly { key: string; says: string; run: (row: Row | undefined) => void }[]
  /** Which rows have a tick; all, unless it is given. */
  canTick?: (row: Row) => boolean
  /** Whether rows follow those given; they are asked for when the last one comes in sight. */
  more: boolean
  onMore: () => void
  /** Rows there are in all, as far as known. */
  total?: number | undefined
  /** Whether the reader has left the top. */
  onReading?: (reading: boolean) => void
}

const HEADER = 36
const TICK_WIDTH = 36
const NARROWEST = 64
const WIDEST = 900
/** A pinned column no wider than this leaves room for another on a narrow screen. */
const SLIM = 44
const ALWAYS = () => true

export function Table<Row>(props: TableProps<Row>) {
  const { rows, columns, idOf, more, onMore, onReading } = props
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const rowHeight = useRowHeight()
  const narrow = useIsNarrow()
  const { widthOf, resize } = useWidths(props.name)
  const pinned = useMemo(() => {
    let wide = 0
    return columns.filter((column) => column.pinned && (!narrow || column.width <= SLIM || wide++ === 0))
  }, [columns, narrow])
  const free = useMemo(() => columns.filter((column) => !pinned.includes(column)), [columns, pinned])
  const shown = useMemo(() => [...pinned, ...free], [pinned, free])
  const widths = shown.map((column) => {
    const width = widthOf(column)
    return narrow && column.pinned ? Math.min(width, 170) : width
  })
  const tickWidth = props.onSelect ? TICK_WIDTH : 0
  const pinnedWidth = tickWidth + pinned.reduce((sum, _, i) => sum + widths[i]!, 0)
  const [active, setActive] = useState({ row: -1, column: 0 })

  const vertical = useVirtualizer({
    count: rows.length + (more ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    scrollPaddingStart: HEADER,
  })
  const horizontal = useVirtualizer({
    horizontal: true,
    count: free.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => widths[pinned.length + i]!,
    paddingStart: pinnedWidth,
    scrollPaddingStart: pinnedWidth,
    overscan: 1,
  })
  const widthSignature = widths.join(',')
  useEffect(() => horizontal.measure(), [horizontal, widthSignature, pinnedWidth])

  const lines = vertical.getVirtualItems()
  const last = lines.at(-1)?.index ?? -1
  useEffect(() => {
    if (more && last >= rows.length - 5) onMore()
  }, [more, last, rows.length, onMore])

  const columnItems = horizontal.getVirtualItems()
  const firstFree = columnItems[0]?.index ?? 0
  const endFree = (columnItems.at(-1)?.index ?? -1) + 1
  const before = columnItems[0] ? columnItems[0].start - pinnedWidth : 0
  const width = Math.max(horizontal.getTotalSize(), pinnedWidth)

  const selected = props.selected
  const canTick = props.canTick ?? ALWAYS
  const tick = useCallback(
    (row: Row, range: boolean) => {
      const key = idOf(row)
      if (!canTick(row)) return
      if (range && active.row >= 0) {
        const at = rows.indexOf(row)
        const [from, to] = at < active.row ? [at, active.row] : [active.row, at]
        props.onSelect?.([...new Set([...selected, ...rows.slice(from, to + 1).filter(canTick).map(idOf)])])
      } else {
        props.onSelect?.(selected.has(key) ? [...selected].filter((each) => each !== key) : [...selected, key])
      }
    },
    [rows, selected, idOf, canTick, active.row, props.onSelect],
  )
  const move = (row: number, column = active.column) => {
    const to = { row: clamp(row, 0, rows.length - 1), column: clamp(column, 0, shown.length - 1) }
    if (rows.length === 0) return
    setActive(to)
    vertical.scrollToIndex(to.row)
    if (to.column >= pinned.length) horizontal.scrollToIndex(to.column - pinned.length)
  }
  const activeRow = rows[active.row]
  const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 400) - HEADER) / rowHeight) - 1)
  useKeys(props.label, [
    { key: 'j', says: 'Next row', run: () => move(active.row + 1) },
    { key: 'k', says: 'Previous row', run: () => move(active.row - 1) },
    ...(props.onSelect ? [{ key: 'x', says: 'Tick the row', run: () => activeRow && tick(activeRow, false) }] : []),
    { key: 'o', says: 'Open the row', run: () => activeRow && props.onOpen(activeRow) },
    { key: 'f', says: 'Filter by the marked cell', run: () => activeRow && shown[active.column]?.onFilter?.(activeRow) },
    ...(props.rowKeys ?? []).map(({ key, says, run }) => ({ key, says, run: () => run(activeRow) })),
  ])
  const walk: Record<string, () => void> = {
    ArrowDown: () => move(active.row + 1),
    ArrowUp: () => move(active.row - 1),
    ArrowLeft: () => move(Math.max(active.row, 0), active.column - 1),
    ArrowRight: () => move(Math.max(active.row, 0), active.column + 1),
    PageDown: () => move(active.row + page),
    PageUp: () => move(active.row - page),
    Home: () => move(0),
    End: () => move(rows.length - 1),
    Enter: () => activeRow && props.onOpen(activeRow),
    ' ': () => activeRow && tick(activeRow, false),
  }
  const order = parseOrder(props.order)
  const tickable = rows.filter(canTick)
  const allTicked = tickable.length > 0 && tickable.every((row) => selected.has(idOf(row)))

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.total === undefined ? -1 : props.total + 1}
      aria-colcount={shown.length + 1}
      aria-multiselectable
      tabIndex={0}
      aria-activedescendant={activeRow && lines.some((line) => line.index === active.row) ? `${id}-${active.row}-${active.column}` : undefined}
      data-scroll-restoration-id={props.name}
      onScroll={(event) => onReading?.(event.currentTarget.scrollTop > rowHeight)}
      onKeyDown={(event) => {
        const step = event.target === event.currentTarget ? walk[event.key] : undefined
        if (!step || event.ctrlKey || event.metaKey || event.altKey) return
        event.preventDefault()
        step()
      }}
      className="relative max-h-[1700px] min-h-40 flex-1 overflow-auto rounded-b-lg outline-offset-[-2px]"
    >
      <div role="rowgroup" className="sticky top-0 z-20" style={{ width }}>
        <div role="row" aria-rowindex={1} className="flex border-b border-line bg-surface" style={{ height: HEADER }}>
          {props.onSelect && <div role="columnheader" aria-colindex={1} className="sticky left-0 z-10 flex shrink-0 items-center justify-center bg-surface" style={{ width: tickWidth }}>
            <input
              type="checkbox"
              aria-label="Tick all rows that are loaded"
              checked={allTicked}
              onChange={() => props.onSelect?.(allTicked ? [] : [...new Set([...selected, ...tickable.map(idOf)])])}
            />
          </div>}
          {shown.map((column, i) =>
            i < pinned.length || (i - pinned.length >= firstFree && i - pinned.length < endFree) ? (
              <HeaderCell
                key={column.id}
                column={column}
                index={i}
                width={widths[i]!}
                left={i < pinned.length ? tickWidth + sum(widths, i) : undefined}
                gap={i === pinned.length + firstFree ? before : 0}
                sorted={order && order.field === column.orderField ? (order.descending ? 'descending' : 'ascending') : undefined}
                onSort={props.onOrder && column.orderField ? () => props.onOrder?.(column) : undefined}
                onResize={resize}
              />
            ) : null,
          )}
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ height: vertical.getTotalSize(), width }}>
        {lines.map((line) => {
          const row = rows[line.index]
          return row === undefined ? (
            <div key="more" role="row" aria-rowindex={line.index + 2} className="absolute left-0 flex items-center" style={{ height: rowHeight, transform: `translateY(${line.start}px)` }}>
              <div role="gridcell" aria-colindex={1} className="sticky left-3 text-sm text-ink-3">
                Loading more…
              </div>
            </div>
          ) : (
            <BodyRow
              key={idOf(row)}
              row={row}
              id={id}
              index={line.index}
              top={line.start}
              height={rowHeight}
              columns={shown}
              widths={widthSignature}
              pinned={pinned.length}
              firstFree={firstFree}
              endFree={endFree}
              before={before}
              tick={tickWidth}
              ticked={selected.has(idOf(row))}
              canTick={canTick(row)}
              activeColumn={line.index === active.row ? active.column : -1}
              onTick={tick}
              onActive={setActive}
              onOpen={props.onOpen}
            />
          )
        })}
      </div>
    </div>
  )
}

interface HeaderProps<Row> {
  column: TableColumn<Row>
  index: number
  width: number
  left: number | undefined
  gap: number
  sorted: 'ascending' | 'descending' | undefined
  onSort: (() => void) | undefined
  onResize: (id: string, width: number) => void
}

function HeaderCell<Row>({ column, index, width, left, gap, sorted, onSort, onResize }: HeaderProps<Row>) {
  const Arrow = sorted === 'descending' ? ArrowDown : ArrowUp
  const name = column.title ?? column.label
  return (
    <>
      {gap > 0 && <Gap width={gap} />}
      <div
        role="columnheader"
        aria-colindex={index + 2}
        aria-sort={sorted ?? (onSort ? 'none' : undefined)}
        className={`relative flex shrink-0 items-center bg-surface ${left === undefined ? '' : 'sticky z-10'} ${column.numeric ? 'justify-end' : ''}`}
        style={left === undefined ? { width } : { width, left }}
      >
        {onSort ? (
          <button
            type="button"
            title={`${name}: click to sort, Shift and ← → to resize`}
            onClick={onSort}
            onKeyDown={(event) => {
              if (!event.shiftKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return
              event.preventDefault()
              onResize(column.id, width + (event.key === 'ArrowLeft' ? -16 : 16))
            }}
            className={`flex h-full min-w-0 flex-1 items-center gap-1 px-2.5 text-xs font-semibold text-ink-2 outline-offset-[-2px] hover:text-ink ${column.numeric ? 'flex-row-reverse' : ''}`}
          >
            <span className="truncate">{column.label}</span>
            {sorted && <Arrow aria-hidden size={13} className="shrink-0" />}
          </button>
        ) : (
          <span title={name} className={`min-w-0 flex-1 truncate px-2.5 text-xs font-semibold text-ink-2 ${column.numeric ? 'text-right' : ''}`}>
            {column.label || <span className="sr-only">{name}</span>}
          </span>
        )}
        {!column.fixed && <div
          aria-hidden
          className="absolute inset-y-1 right-0 z-10 w-2 cursor-col-resize touch-none border-r border-line hover:border-accent"
          onPointerDown={(event) => {
            event.preventDefault()
            const from = event.clientX
            const handle = event.currentTarget
            handle.setPointerCapture(event.pointerId)
            handle.onpointermove = (moved) => onResize(column.id, width + moved.clientX - from)
            handle.onpointerup = handle.onpointercancel = () => {
              handle.onpointermove = null
            }
          }}
        />}
      </div>
    </>
  )
}

interface RowProps<Row> {
  row: Row
  id: string
  index: number
  top: number
  height: number
  columns: readonly TableColumn<Row>[]
  /** As a text, so that equal widths are equal props. */
  widths: string
  pinned: number
  firstFree: number
  endFree: number
  before: number
  /** Width of the tick's column, 0 without one. */
  tick: number
  ticked: boolean
  canTick: boolean
  activeColumn: number
  onTick: (row: Row, range: boolean) => void
  onActive: (at: { row: number; column: number }) => void
  onOpen: (row: Row) => void
}

const BodyRow = memo(function BodyRow<Row>(props: RowProps<Row>) {
  const { row, index, columns, pinned, firstFree, endFree, ticked, activeColumn } = props
  const widths = props.widths.split(',').map(Number)
  const tone = ticked ? 'bg-accent-soft' : activeColumn >= 0 ? 'bg-hover' : 'bg-surface group-hover:bg-hover'
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={ticked}
      className="group absolute left-0 flex w-full border-b border-line"
      style={{ height: props.height, transform: `translateY(${props.top}px)` }}
      onDoubleClick={() => props.onOpen(row)}
    >
      {props.tick > 0 && <div role="gridcell" aria-colindex={1} className={`sticky left-0 z-10 flex shrink-0 items-center justify-center ${tone}`} style={{ width: props.tick }}>
        {props.canTick && <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Tick row ${index + 1}`}
          checked={ticked}
          onChange={() => {}}
          onClick={(event) => {
            props.onTick(row, event.shiftKey)
            props.onActive({ row: index, column: Math.max(activeColumn, 0) })
          }}
        />}
      </div>}
      {columns.map((column, i) => {
        const isFree = i >= pinned
        if (isFree && (i - pinned < firstFree || i - pinned >= endFree)) return null
        const width = widths[i]!
        return (
          <Fragmented key={column.id} gap={i === pinned + firstFree ? props.before : 0}>
            <div
              role="gridcell"
              id={`${props.id}-${index}-${i}`}
              aria-colindex={i + 2}
              onClick={() => props.onActive({ row: index, column: i })}
              className={`flex shrink-0 items-center overflow-hidden ${column.width <= SLIM ? 'justify-center' : 'px-2.5'} text-sm whitespace-nowrap ${tone} ${isFree ? '' : 'sticky z-10'} ${i === pinned - 1 ? 'border-r border-line' : ''} ${column.numeric ? 'justify-end' : ''} ${activeColumn === i ? 'outline-2 outline-offset-[-2px] outline-focus' : ''}`}
              style={isFree ? { width } : { width, left: props.tick + sum(widths, i) }}
            >
              {column.render(row)}
            </div>
          </Fragmented>
        )
      })}
    </div>
  )
}) as <Row>(props: RowProps<Row>) => ReactNode

function Fragmented({ gap, children }: { gap: number; children: ReactNode }) {
  return (
    <>
      {gap > 0 && <Gap width={gap} />}
      {children}
    </>
  )
}

function Gap({ width }: { width: number }) {
  return <div role="presentation" aria-hidden className="shrink-0" style={{ width }} />
}

function sum(widths: readonly number[], end: number): number {
  let total = 0
  for (let i = 0; i < end; i++) total += widths[i]!
  return total
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high))
}

function useIsNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia('(max-width: 640px)').matches)
  useEffect(() => {
    const query = matchMedia('(max-width: 640px)')
    const change = () => setNarrow(query.matches)
    query.addEventListener('change', change)
    return () => query.removeEventListener('change', change)
  }, [])
  return narrow
}

/** Widths belong to the person: they stay in this browser. */
function useWidths(name: string) {
  const place = `millwright.widths.${name}`
  const [widths, setWidths] = useState<Record<string, number>>(() => {
    try {
      return JSON.parse(localStorage.getItem(place) ?? '{}') as Record<string, number>
    } catch {
      return {}
    }
  })
  const widthOf = (column: { id: string; width: number }) => widths[column.id] ?? column.width
  const resize = useCallback(
    (id: string, width: number) =>
      setWidths((old) => {
        const next = { ...old, [id]: clamp(Math.round(width), NARROWEST, WIDEST) }
        localStorage.setItem(place, JSON.stringify(next))
        return next
      }),
    [place],
  )
  return { widthOf, resize }
}
