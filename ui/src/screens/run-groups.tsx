// Runs put together by a param or a tag: one row a group, told by the server, and the runs of those that are open.

import { useQueries, useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronRight, Table2 } from 'lucide-react'
import { useCallback, useEffect, useMemo } from 'react'
import { groupRunsQuery, runGroupsQuery, runGroupsUrl, type GroupsAsked, type RunGroup, type RunRow, type RunsAsked, type Spread } from '../api/runs.ts'
import { ApiError, get } from '../api/client.ts'
import { Empty, ErrorState, Skeleton } from '../components/basics.tsx'
import { Table, type TableColumn } from '../components/table.tsx'
import { columnField, columnLabel, nextOrder, parseColumn, type RunColumn } from '../lib/columns.ts'
import { toCsv } from '../lib/csv.ts'
import { groupClause, withClause } from '../lib/filter.ts'
import { formatCount, formatNumber, plural, toNumber } from '../lib/format.ts'
import type { RunsSearch } from '../lib/search-params.ts'
import { groupKey, groupValue } from '../lib/views.ts'

const RUNS_SHOWN = 100

type GroupRow =
  | { kind: 'group'; id: string; key: string; group: RunGroup; isOpen: boolean }
  | { kind: 'run'; id: string; run: RunRow }
  | { kind: 'note'; id: string; key: string; text: string; leadsOn: boolean }

interface GroupTableProps {
  experiment: string
  by: string
  search: RunsSearch
  asked: RunsAsked
  columns: readonly RunColumn[]
  /** As the flat table shows them; of an open group's runs the same. */
  runColumns: readonly TableColumn<RunRow>[]
  onSearch: (patch: RunsSearch) => void
  ticked: ReadonlySet<string>
  onTick: (ids: string[]) => void
  onOpenRun: (id: string) => void
  onReading: (reading: boolean) => void
  onStarKey: (run: RunRow | undefined) => void
  /** Raised when what is shown should be asked anew. */
  version: number
}

export function GroupTable(props: GroupTableProps) {
  const { experiment, by, search, asked, columns, runColumns, onSearch, version } = props
  const metrics = useMemo(() => groupColumns(columns), [columns])
  const common = { experiment, archived: asked.archived, ...(asked.filter ? { filter: asked.filter } : {}) }
  const groups = useQuery(runGroupsQuery({ ...common, by, columns: metrics, ...(search.group_order ? { order: search.group_order } : {}) }))
  const open = useMemo(() => new Set(search.open ?? []), [search.open])
  const field = fieldOf(by)
  const filterOf = useCallback(
    (key: string) => withClause(asked.filter ?? '', groupClause(field, groupValue(key))),
    [asked.filter, field],
  )
  const openKeys = (groups.data?.groups ?? []).map(({ value }) => groupKey(value)).filter((key) => open.has(key))
  const opened = useQueries({ queries: openKeys.map((key) => groupRunsQuery({ ...asked, filter: filterOf(key) }, RUNS_SHOWN)) })
  useEffect(() => {
    if (version === 0) return
    void groups.refetch({ cancelRefetch: false })
    for (const query of opened) void query.refetch({ cancelRefetch: false })
  }, [version])

  const toggle = useCallback(
    (key: string) => {
      const next = open.has(key) ? [...open].filter((each) => each !== key) : [...open, key]
      onSearch({ open: next.length > 0 ? next : undefined })
    },
    [open, onSearch],
  )
  const flat = (key: string) => onSearch({ filter: filterOf(key), group: undefined, group_order: undefined, open: undefined })
  const rows: GroupRow[] = (groups.data?.groups ?? []).flatMap((group) => {
    const key = groupKey(group.value)
    const head: GroupRow = { kind: 'group', id: `group ${key}`, key, group, isOpen: open.has(key) }
    if (!head.isOpen) return [head]
    const query = opened[openKeys.indexOf(key)]
    const note = (text: string, leadsOn = false): GroupRow => ({ kind: 'note', id: `note ${key}`, key, text, leadsOn })
    if (query?.error) return [head, note(`Its runs could not be read: ${query.error.message}`)]
    if (!query?.data) return [head, note('Loading its runs …')]
    const runs = query.data.map((run): GroupRow => ({ kind: 'run', id: run.id, run }))
    return [head, ...runs, ...(group.runs > runs.length ? [note(`Show all ${formatCount(group.runs)} as a table`, true)] : [])]
  })

  const name = runColumns.find(({ id }) => id === 'run_name')!
  const starred = runColumns.find(({ id }) => id === 'starred')!
  const ofRun = (column: TableColumn<RunRow>) => (row: GroupRow) => (row.kind === 'run' ? column.render(row.run) : null)
  const filterRun = (column: TableColumn<RunRow>) => (row: GroupRow) => {
    if (row.kind === 'run') column.onFilter?.(row.run)
  }
  const label = parseColumn(by)
  const places = new Map((groups.data?.columns ?? []).map((id, i) => [id, i]))
  const shown: TableColumn<GroupRow>[] = [
    { id: 'starred', label: '', title: 'Starred', width: starred.width, pinned: true, fixed: true, render: ofRun(starred) },
    {
      id: 'value',
      label: label ? columnLabel(label) : by,
      title: by,
      width: 260,
      pinned: true,
      orderField: 'value',
      render: (row) =>
        row.kind === 'group' ? (
          <button
            type="button"
            tabIndex={-1}
            aria-expanded={row.isOpen}
            title={row.group.value ?? `Runs without ${by}`}
            onClick={() => toggle(row.key)}
            className="flex min-w-0 items-center gap-1.5 font-medium hover:underline"
          >
            {row.isOpen ? <ChevronDown aria-hidden size={15} className="shrink-0" /> : <ChevronRight aria-hidden size={15} className="shrink-0" />}
            <span className="truncate">{row.group.value === null ? <em className="text-ink-2">none</em> : row.group.value === '' ? '(empty)' : row.group.value}</span>
          </button>
        ) : row.kind === 'run' ? (
          <span className="flex min-w-0 items-center pl-5">{name.render(row.run)}</span>
        ) : row.leadsOn ? (
          <button type="button" tabIndex={-1} onClick={() => flat(row.key)} className="ml-5 flex items-center gap-1.5 text-accent hover:underline">
            <Table2 aria-hidden size={14} /> {row.text}
          </button>
        ) : (
          <span className="truncate pl-5 text-ink-3" title={row.text}>
            {row.text}
          </span>
        ),
      onFilter: (row) => row.kind === 'group' && onSearch({ filter: filterOf(row.key) }),
    },
    {
      id: 'runs',
      label: 'Runs',
      width: 84,
      numeric: true,
      pinned: true,
      orderField: 'runs',
      render: (row) => (row.kind === 'group' ? formatCount(row.group.runs) : null),
    },
    ...runColumns
      .filter(({ id, pinned }) => !pinned && id !== by)
      .map((column): TableColumn<GroupRow> => {
        const place = places.get(column.id)
        const isMetric = metrics.includes(column.id)
        return {
          id: column.id,
          label: column.label,
          ...(column.title ? { title: column.title } : {}),
          ...(column.numeric ? { numeric: true } : {}),
          width: isMetric ? Math.max(column.width, 280) : column.width,
          ...(isMetric ? { orderField: column.id } : {}),
          onFilter: filterRun(column),
          render: (row) => (row.kind === 'group' ? isMetric && place !== undefined ? <SpreadCell spread={row.group.cells[place] ?? null} runs={row.group.runs} /> : null : row.kind === 'run' ? column.render(row.run) : null),
        }
      }),
  ]
  if (groups.error) {
    const refused = groups.error instanceof ApiError && groups.error.status === 400 && asked.filter
    return refused ? <Empty title="The server did not understand this filter">{groups.error.message}</Empty> : <ErrorState error={groups.error} what="The groups could not be read" onRetry={() => void groups.refetch()} />
  }
  if (!groups.data) {
    return (
      <div className="p-3">
        <Skeleton lines={8} label="Loading groups" />
      </div>
    )
  }
  if (rows.length === 0) return <Empty title={asked.filter ? 'No run matches this filter' : 'No run to group yet'} />
  const { group_count: count, run_count: runs, groups: told } = groups.data
  return (
    <>
      <p className="border-b border-line px-3 py-1 text-sm text-ink-2">
        {plural(count, 'group')} of {plural(runs, 'run')}
. {count > told.length && `The first ${formatCount(told.length)} are shown, in the order chosen; filter to see others. `}Numbers are mean ± standard deviation, then lowest … highest.
      </p>
      <Table
        name={`groups-${experiment}`}
        label="Groups of runs"
        rows={rows}
        idOf={(row) => row.id}
        columns={shown}
        order={search.group_order ?? 'runs DESC'}
        onOrder={(column) => onSearch({ group_order: nextOrder(search.group_order ?? 'runs DESC', column.orderField!, column.numeric === true) })}
        selected={props.ticked}
        onSelect={props.onTick}
        canTick={isRun}
        onOpen={(row) => (row.kind === 'run' ? props.onOpenRun(row.id) : row.kind === 'group' ? toggle(row.key) : row.leadsOn && flat(row.key))}
        rowKeys={[
          {
            key: 's',
            says: 'Star the row, or the ticked ones',
            run: (row) => props.onStarKey(row?.kind === 'run' ? row.run : undefined),
          },
        ]}
        more={false}
        onMore={() => {}}
        onReading={props.onReading}
      />
    </>
  )
}

/** What the server sums up of a group: last values of metrics. */
export function groupColumns(columns: readonly RunColumn[]): string[] {
  return columns.filter((column) => column.kind === 'metric' && column.part === undefined).map(({ id }) => id).slice(0, 50)
}

/** A line for each group: what it has in common, how many runs, and of each metric what the table shows. */
export async function exportGroups(asked: GroupsAsked): Promise<Blob> {
  const { path, query } = runGroupsUrl(asked)
  const { groups } = await get<{ groups: RunGroup[] }>(path, query)
  const head = [asked.by, 'runs', ...asked.columns.flatMap((id) => ['mean', 'sd', 'min', 'max'].map((part) => `${id} ${part}`))]
  const lines = groups.map(({ value, runs, cells }) => [value, runs, ...cells.flatMap((spread) => (spread ? [spread.mean, spread.sd, spread.min, spread.max] : [null, null, null, null]))])
  return new Blob([toCsv([head, ...lines])], { type: 'text/csv' })
}

const isRun = (row: GroupRow) => row.kind === 'run'

function fieldOf(by: string): string {
  const column = parseColumn(by)
  return (column && columnField(column)) ?? by
}

function SpreadCell({ spread, runs }: { spread: Spread | null; runs: number }) {
  if (!spread) return <span className="text-ink-3">–</span>
  const text = (value: number | string) => formatNumber(toNumber(value) ?? Number.NaN)
  const says = `${spread.numbers === runs ? 'All' : `${spread.numbers} of ${runs}`} runs have it. Mean ${spread.mean}, standard deviation ${spread.sd ?? 'unknown'}, lowest ${spread.min}, highest ${spread.max}`
  if (spread.numbers === 1) return <span title={says}>{text(spread.mean)}</span>
  return (
    <span title={says} className="flex items-baseline gap-2">
      <span>
        {short(spread.mean)}
        {spread.sd !== null && <span className="text-ink-2"> ± {short(spread.sd)}</span>}
      </span>
      <span className="text-xs text-ink-3">
        {short(spread.min)} … {short(spread.max)}
      </span>
    </span>
  )
}

/** Four digits say enough of a mean. */
function short(value: number | string): string {
  const number = toNumber(value) ?? Number.NaN
  return formatNumber(Number.isFinite(number) && Math.abs(number) < 1e5 ? Number(number.toPrecision(4)) : number)
}
