// Columns and cells of the run table, and what is done with many runs at once.

import { Link } from '@tanstack/react-router'
import { Star, Trophy } from 'lucide-react'
import { Popover } from 'radix-ui'
import type { ReactNode } from 'react'
import { get, OWN } from '../api/client.ts'
import { cellOf, rowsOf, runsUrl, STAR_COLUMN, STAR_TAG, type ColumnNames, type RunRow, type RunsAsked } from '../api/runs.ts'
import { deleteRunTag, forEachRun, setRunTag } from '../api/tracking.ts'
import { Status, statusLabel } from '../components/basics.tsx'
import type { TableColumn } from '../components/table.tsx'
import { columnField, columnId, columnLabel, isNumeric, parseColumn, type RunColumn } from '../lib/columns.ts'
import { toCsv } from '../lib/csv.ts'
import { clauseFor } from '../lib/filter.ts'
import { formatAgo, formatDateTime, formatDuration, formatNumber, formatUtc } from '../lib/format.ts'

/** Shown until the reader chooses: when and how long, then what most runs logged. */
export function usualColumns(names: ColumnNames | undefined): string[] {
  const most = (kind: 'metrics' | 'params', count: number) =>
    [...(names?.[kind] ?? [])]
      .filter((name) => !name.system)
      .sort((a, b) => b.runs - a.runs || a.name.localeCompare(b.name))
      .slice(0, count)
      .map(({ name }) => columnId(kind === 'metrics' ? 'metric' : 'param', name))
  return ['start_time', 'duration', ...most('metrics', 5), ...most('params', 5), 'user_id']
}

export interface NumberCell {
  field: string
  value: number
  anchor: DOMRect
}

export interface RowActions {
  addClause: (clause: string) => void
  askNumber: (cell: NumberCell) => void
  star: (ids: readonly string[], on: boolean) => void
}

/** What the best run is marked with. */
export interface BestMark {
  id: string
  column: string
  says: string
}

/** The columns as the table wants them. Clicking a text filters by it; a number first asks how. */
export function tableColumns(columns: readonly RunColumn[], now: number, { addClause, askNumber, star }: RowActions, best?: BestMark): TableColumn<RunRow>[] {
  const starred: TableColumn<RunRow> = {
    id: 'starred',
    label: '',
    title: 'Starred',
    width: 34,
    pinned: true,
    fixed: true,
    render: (row) => <StarButton row={row} onStar={star} />,
    onFilter: () => addClause(clauseFor(STAR_COLUMN, '=', 'true')),
  }
  const name: TableColumn<RunRow> = {
    id: 'run_name',
    label: 'Run',
    width: 240,
    pinned: true,
    orderField: 'attributes.run_name',
    render: (row) => (
      <>
        <Link to="/runs/$id" params={{ id: row.id }} tabIndex={-1} title={row.name} className="truncate font-medium text-accent hover:underline">
          {row.name || row.id}
        </Link>
        {best?.id === row.id && (
          <span title={best.says} className="ml-1.5 inline-flex shrink-0 items-center gap-1 rounded-full bg-warn-soft px-1.5 text-xs font-medium text-warn">
            <Trophy aria-hidden size={12} /> Best
          </span>
        )}
      </>
    ),
    onFilter: (row) => addClause(clauseFor('attributes.run_name', '=', row.name)),
  }
  const byStatus = (row: RunRow) => addClause(clauseFor('attributes.status', '=', row.status))
  const status: TableColumn<RunRow> = {
    id: 'status',
    label: 'Status',
    width: 112,
    pinned: true,
    orderField: 'attributes.status',
    render: (row) => (
      <FilterButton says={`Only ${statusLabel(row.status).toLowerCase()} runs`} onClick={() => byStatus(row)}>
        <Status status={row.status} />
      </FilterButton>
    ),
    onFilter: byStatus,
  }
  return [
    starred,
    name,
    status,
    ...columns.map((column): TableColumn<RunRow> => {
      const field = columnField(column)
      const filter = (row: RunRow) => {
        const value = cellOf(row, column, now)
        if (field && value !== null && value !== '') addClause(clauseFor(field, typeof value === 'number' ? '>=' : '=', value))
      }
      return {
        id: column.id,
        label: columnLabel(column),
        title: column.id,
        width: widthOf(column),
        numeric: isNumeric(column),
        ...(field ? { orderField: field, onFilter: filter } : {}),
        render: (row) => {
          const cell = renderCell(column, cellOf(row, column, now), now, field, filter, row, askNumber)
          return best?.id === row.id && best.column === column.id ? <strong className="font-semibold text-warn">{cell}</strong> : cell
        },
      }
    }),
  ]
}

function widthOf(column: RunColumn): number {
  if (column.id === 'run_id') return 270
  if (column.id === 'start_time') return 145
  const label = columnLabel(column).length * 7 + 34
  return Math.max(column.kind === 'attribute' ? 100 : 110, Math.min(label, 220))
}

function renderCell(column: RunColumn, value: string | number | null, now: number, field: string | undefined, filter: (row: RunRow) => void, row: RunRow, askNumber: (cell: NumberCell) => void): ReactNode {
  if (value === null || value === '') return <span className="text-ink-3">–</span>
  if (column.id === 'start_time' && typeof value === 'number') {
    return value === 0 ? (
      <span className="text-ink-3">–</span>
    ) : (
      <time dateTime={new Date(value).toISOString()} title={`${formatDateTime(value, true)} here\n${formatUtc(value)}`}>
        {formatAgo(value, now)}
      </time>
    )
  }
  if (column.id === 'duration' && typeof value === 'number') return formatDuration(value)
  if (typeof value === 'number') {
    if (!field) return <span title={String(value)}>{formatNumber(value)}</span>
    return (
      <FilterButton says={`${value}: click to filter`} onClick={(anchor) => askNumber({ field, value, anchor })}>
        {formatNumber(value)}
      </FilterButton>
    )
  }
  return field ? (
    <FilterButton says={`${value}: click to filter`} onClick={() => filter(row)}>
      {value}
    </FilterButton>
  ) : (
    <span className="truncate" title={value}>
      {value}
    </span>
  )
}

function StarButton({ row, onStar }: { row: RunRow; onStar: RowActions['star'] }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-pressed={row.starred}
      aria-label={`Star ${row.name}`}
      title={row.starred ? 'Take the star away (s)' : 'Star it (s)'}
      onClick={() => onStar([row.id], !row.starred)}
      className={`rounded-md p-1 ${row.starred ? 'text-warn' : 'text-ink-3 hover:text-warn'}`}
    >
      <Star aria-hidden size={15} fill={row.starred ? 'currentColor' : 'none'} />
    </button>
  )
}

/** The mouse's way to filter; by keys it is `f` on the marked cell. */
function FilterButton({ says, onClick, children }: { says: string; onClick: (anchor: DOMRect) => void; children: ReactNode }) {
  return (
    <button type="button" tabIndex={-1} title={says} onClick={(event) => onClick(event.currentTarget.getBoundingClientRect())} className="max-w-full truncate decoration-dotted underline-offset-2 hover:underline">
      {children}
    </button>
  )
}

export function NumberMenu({ cell, onChoose, onClose }: { cell: NumberCell; onChoose: (clause: string) => void; onClose: () => void }) {
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Anchor virtualRef={{ current: { getBoundingClientRect: () => cell.anchor } }} />
      <Popover.Portal>
        <Popover.Content className="menu" aria-label="Filter by this number" align="end" sideOffset={4} collisionPadding={8}>
          {['>=', '<=', '='].map((comparator) => {
            const clause = clauseFor(cell.field, comparator, cell.value)
            return (
              <button key={comparator} type="button" className="menu-item font-mono text-xs!" onClick={() => onChoose(clause)}>
                {clause}
              </button>
            )
          })}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

const CSV_PAGE = 1000

/** Every run that matches, not only those loaded. */
export async function exportCsv(asked: RunsAsked, columns: readonly RunColumn[], onProgress: (rows: number) => void): Promise<Blob> {
  const { path, query } = runsUrl(asked)
  const shown = ['run_id', 'run_name', 'status'].map((id) => parseColumn(id)!).concat(columns.filter(({ id }) => id !== 'run_id'))
  const parts = [toCsv([shown.map(({ id }) => (id === 'duration' ? 'duration_ms' : id))])]
  let token: string | undefined = ''
  let count = 0
  do {
    const page: Parameters<typeof rowsOf>[0][number] = await get(path, { ...query, max_results: CSV_PAGE, page_token: token })
    const rows = rowsOf([page])
    parts.push(toCsv(rows.map((row) => shown.map((column) => csvCell(row, column)))))
    count += rows.length
    onProgress(count)
    token = page.next_page_token
  } while (token)
  return new Blob(parts, { type: 'text/csv' })
}

function csvCell(row: RunRow, column: RunColumn): string | number | null {
  const value = cellOf(row, column, Date.now())
  return column.id === 'start_time' && typeof value === 'number' ? new Date(value).toISOString() : value
}

/** Sets a tag on many runs; gives back how to undo it. */
export async function tagRuns(experiment: string, ids: readonly string[], key: string, value: string): Promise<{ done: number; failure?: unknown; undo: () => Promise<unknown> }> {
  const before = await tagValues(experiment, ids, key)
  const { done, failure } = await forEachRun(ids, (id) => setRunTag(id, key, value))
  const undo = () => forEachRun(done, (id) => {
    const old = before.get(id)
    return typeof old === 'string' ? setRunTag(id, key, old) : deleteRunTag(id, key)
  })
  return { done: done.length, ...(failure === undefined ? {} : { failure }), undo }
}

async function tagValues(experiment: string, ids: readonly string[], key: string): Promise<Map<string, string>> {
  const column = columnId('tag', key)
  const found = new Map<string, string>()
  for (let from = 0; from < ids.length; from += 100) {
    const some = ids.slice(from, from + 100)
    const page: Parameters<typeof rowsOf>[0][number] = await get(`${OWN}/experiments/${experiment}/runs`, {
      column: [column],
      filter: `attributes.run_id IN (${some.map((id) => `'${id}'`).join(',')})`,
      view: 'all',
      max_results: 1000,
    })
    for (const row of rowsOf([page])) {
      const value = row.cells.get(column)
      if (typeof value === 'string') found.set(row.id, value)
    }
  }
  return found
}

/** Stars runs or takes their stars away; gives back how to undo it. */
export async function starRuns(experiment: string, ids: readonly string[], on: boolean): ReturnType<typeof tagRuns> {
  if (on) return tagRuns(experiment, ids, STAR_TAG, 'true')
  const { done, failure } = await forEachRun(ids, (id) => deleteRunTag(id, STAR_TAG))
  return { done: done.length, ...(failure === undefined ? {} : { failure }), undo: () => forEachRun(done, (id) => setRunTag(id, STAR_TAG, 'true')) }
}
