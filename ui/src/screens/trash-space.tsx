// What each experiment keeps.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Download, HardDrive, RotateCw, Terminal } from 'lucide-react'
import { useMemo, useState } from 'react'
import { spaceQuery, type Space } from '../api/admin.ts'
import { OWN, urlOf } from '../api/client.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, Empty, IconButton, Skeleton } from '../components/basics.tsx'
import { NotShown } from '../components/refused.tsx'
import { saveFile } from '../components/save-file.ts'
import { Table, type TableColumn } from '../components/table.tsx'
import { nextOrder, parseOrder } from '../lib/columns.ts'
import { toCsv } from '../lib/csv.ts'
import { formatBytes, formatCount, plural } from '../lib/format.ts'
import type { ApiCall } from '../lib/reproduce.ts'

const route = getRouteApi('/trash')
const NOTHING: ReadonlySet<string> = new Set()
const USUAL_ORDER = 'bytes DESC'
type NumberField = 'runs' | 'deleted_runs' | 'metrics' | 'files' | 'bytes' | 'own_bytes'
const CSV_FIELDS = ['experiment_id', 'name', 'runs', 'deleted_runs', 'metrics', 'files', 'bytes', 'own_bytes'] as const

const COLUMNS: TableColumn<Space>[] = [
  {
    id: 'name',
    label: 'Experiment',
    width: 300,
    pinned: true,
    orderField: 'name',
    render: (each) => (
      <span className="flex min-w-0 items-center gap-1.5">
        <Link to="/experiments/$id" params={{ id: each.experiment_id }} tabIndex={-1} title={each.name} className="truncate font-medium text-accent hover:underline">
          {each.name}
        </Link>
        {each.deleted && <Badge tone="warn">in the trash</Badge>}
      </span>
    ),
  },
  { id: 'bytes', label: 'Size', width: 110, numeric: true, orderField: 'bytes', render: (each) => formatBytes(each.bytes) },
  { id: 'own', label: 'Its alone', title: 'What only this experiment holds: content is stored once, however many files have it', width: 110, numeric: true, orderField: 'own_bytes', render: (each) => formatBytes(each.own_bytes) },
  { id: 'files', label: 'Files', width: 90, numeric: true, orderField: 'files', render: (each) => formatCount(each.files) },
  { id: 'runs', label: 'Runs', width: 90, numeric: true, orderField: 'runs', render: (each) => formatCount(each.runs) },
  { id: 'deleted', label: 'Archived runs', width: 130, numeric: true, orderField: 'deleted_runs', render: (each) => formatCount(each.deleted_runs) },
  { id: 'metrics', label: 'Metric series', width: 130, numeric: true, orderField: 'metrics', render: (each) => formatCount(each.metrics) },
]

export function SpaceTable() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/trash' })
  const { data, error, isPending, isFetching, refetch } = useQuery(spaceQuery)
  const [call, setCall] = useState<ApiCall>()
  const order = search.order ?? USUAL_ORDER
  const rows = useMemo(() => sorted(data?.experiments ?? [], order), [data, order])
  if (error) return <NotShown error={error} what="What the experiments keep could not be read" right="the right to manage this workspace" onRetry={() => void refetch()} />
  if (isPending)
    return (
      <div className="p-3">
        <Skeleton lines={8} label="Adding up what each experiment keeps" />
      </div>
    )
  if (rows.length === 0) return <Empty icon={HardDrive} title="Nothing is kept yet" />
  const sum = (field: NumberField) => rows.reduce((total, each) => total + each[field], 0)
  return (
    <>
      <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line p-2 text-sm">
        <span className="text-ink-2">
          {plural(rows.length, 'experiment')}
          {data.more ? ' and more' : ''} with {plural(sum('runs') + sum('deleted_runs'), 'run')} and {plural(sum('files'), 'file')} of {formatBytes(sum('bytes'))}
        </span>
        <span className="ml-auto flex items-center gap-1">
          <Button icon={RotateCw} disabled={isFetching} onClick={() => void refetch()}>
            {isFetching ? 'Adding up …' : 'Add up anew'}
          </Button>
          <Button icon={Download} onClick={() => saveFile(new Blob([toCsv([[...CSV_FIELDS], ...rows.map((each) => CSV_FIELDS.map((field) => each[field]))])], { type: 'text/csv' }), 'space.csv')}>
            CSV
          </Button>
          <IconButton label="Show the API call" icon={Terminal} className="border border-line-strong" onClick={() => setCall({ method: 'GET', url: location.origin + urlOf(`${OWN}/space`, { max_results: 1000 }) })} />
        </span>
      </div>
      <Table
        name="space"
        label="Space"
        rows={rows}
        idOf={(each) => each.experiment_id}
        columns={COLUMNS}
        order={order}
        onOrder={(column) => void navigate({ search: (old) => ({ ...old, order: nextOrder(order, column.orderField!, column.numeric === true) }) })}
        selected={NOTHING}
        onOpen={(each) => void navigate({ to: '/experiments/$id', params: { id: each.experiment_id } })}
        more={false}
        onMore={() => {}}
        total={rows.length}
      />
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

function sorted(rows: readonly Space[], text: string): Space[] {
  const order = parseOrder(text)
  if (!order) return [...rows]
  const sign = order.descending ? -1 : 1
  return [...rows].sort((a, b) =>
    order.field === 'name' ? sign * a.name.localeCompare(b.name, undefined, { numeric: true }) : sign * ((a[order.field as NumberField] ?? 0) - (b[order.field as NumberField] ?? 0)),
  )
}
