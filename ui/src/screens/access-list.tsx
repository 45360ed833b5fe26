// A list of the access screen: found by a text, sorted, exported, with the call behind it.

import type { UseQueryResult } from '@tanstack/react-query'
import { Download, Ellipsis, Search, Terminal } from 'lucide-react'
import { useMemo, useState, type ReactNode } from 'react'
import { getRouteApi } from '@tanstack/react-router'
import type { Whole } from '../api/access.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Button, Empty, ErrorState, IconButton, Skeleton } from '../components/basics.tsx'
import { Menu } from '../components/menu.tsx'
import { saveFile } from '../components/save-file.ts'
import { Table, type TableColumn } from '../components/table.tsx'
import { nextOrder, parseOrder } from '../lib/columns.ts'
import { toCsv } from '../lib/csv.ts'
import { plural } from '../lib/format.ts'
import type { ApiCall } from '../lib/reproduce.ts'

const route = getRouteApi('/access')
const NOTHING: ReadonlySet<string> = new Set()

interface AccessListProps<Row> {
  name: string
  label: string
  /** What one row is, as in `token`. */
  one: string
  found: UseQueryResult<Whole<Row>>
  /** Of those found, which are listed here. */
  keep?: (row: Row) => boolean
  idOf: (row: Row) => string
  columns: readonly TableColumn<Row>[]
  /** What is exported, and searched and sorted by, under the `orderField` of a column. */
  textOf: (row: Row) => Record<string, string>
  /** The path of the API behind it. */
  call: string
  onOpen: (row: Row) => void
  actions?: ReactNode
  empty: ReactNode
}

export function AccessList<Row>({ name, label, one, found, keep, idOf, columns, textOf, call, onOpen, actions, empty }: AccessListProps<Row>) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [shownCall, setShownCall] = useState<ApiCall>()
  const listed = useMemo(() => (found.data?.items ?? []).filter((row) => keep?.(row) ?? true), [found.data, keep])
  const rows = useMemo(() => {
    const wanted = (search.q ?? '').toLowerCase()
    const some = wanted === '' ? listed : listed.filter((row) => Object.values(textOf(row)).some((text) => text.toLowerCase().includes(wanted)))
    const order = parseOrder(search.order)
    if (!order) return some
    const sign = order.descending ? -1 : 1
    return [...some].sort((a, b) => sign * (textOf(a)[order.field] ?? '').localeCompare(textOf(b)[order.field] ?? '', undefined, { numeric: true }))
  }, [listed, search.q, search.order, textOf])
  const csv = () => {
    const head = Object.keys(textOf(rows[0]!))
    saveFile(new Blob([toCsv([head, ...rows.map((row) => Object.values(textOf(row)))])], { type: 'text/csv' }), `${name}.csv`)
  }
  return (
    <div className="card flex h-[calc(100dvh-15rem)] min-h-80 flex-col md:h-[calc(100dvh-9.5rem)]">
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
        <label className="relative min-w-0 flex-1 basis-40">
          <span className="sr-only">Search {label.toLowerCase()}</span>
          <Search aria-hidden size={15} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
          <input
            type="search"
            value={search.q ?? ''}
            placeholder="Search"
            onChange={(event) => void navigate({ search: (old) => ({ ...old, q: event.target.value || undefined }), replace: true })}
            className="field w-full pl-8!"
          />
        </label>
        <span className="text-sm text-ink-3">{found.data ? `${plural(rows.length, one)}${found.data.more ? ' and more' : ''}` : ''}</span>
        {actions}
        <Menu
          trigger={<IconButton label="More actions" icon={Ellipsis} />}
          items={[
            { label: 'Save as CSV', icon: Download, disabled: rows.length === 0, run: csv },
            { label: 'Show the API call', icon: Terminal, run: () => setShownCall({ method: 'GET', url: location.origin + call }) },
          ]}
        />
      </div>
      {found.error ? (
        <ErrorState error={found.error} what={`The ${label.toLowerCase()} could not be read`} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <div className="p-3">
          <Skeleton lines={6} />
        </div>
      ) : listed.length === 0 ? (
        empty
      ) : rows.length === 0 ? (
        <Empty icon={Search} title="Nothing here has this in it" actions={<Button onClick={() => void navigate({ search: (old) => ({ ...old, q: undefined }) })}>Show all</Button>} />
      ) : (
        <Table
          name={`access-${name}`}
          label={label}
          rows={rows}
          idOf={idOf}
          columns={columns}
          order={search.order}
          onOrder={(column) => void navigate({ search: (old) => ({ ...old, order: nextOrder(search.order, column.orderField!, column.numeric === true) }) })}
          selected={NOTHING}
          onOpen={onOpen}
          more={false}
          onMore={() => {}}
          total={rows.length}
        />
      )}
      <ApiCallDialog call={shownCall} onClose={() => setShownCall(undefined)} />
    </div>
  )
}

/** What somebody who is no administrator is told in place of everybody's. */
export function NotYours({ what }: { what: string }) {
  return <p className="max-w-prose text-ink-2">{what} Only administrators see and change those of others.</p>
}
