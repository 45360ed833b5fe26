// Which data is there, and how much of it?

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Database, Ellipsis, ListFilter, Search, Terminal, Upload } from 'lucide-react'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useTopics } from '../api/changes.ts'
import { ApiError, urlOf } from '../api/client.ts'
import { DATASETS, datasetsQuery, namespacesQuery, type DatasetRow } from '../api/lake.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, CodeBlock, Empty, ErrorState, IconButton, PageHeader, Skeleton, Time } from '../components/basics.tsx'
import { Facet } from '../components/facets.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu, Popup } from '../components/menu.tsx'
import { Table, type TableColumn } from '../components/table.tsx'
import { nextOrder, parseOrder } from '../lib/columns.ts'
import { formatBytes, formatCount, plural } from '../lib/format.ts'
import type { DatasetsSearch } from '../lib/lake-search.ts'
import { countWords, namespaceTree } from '../lib/namespaces.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { NewDataset } from './dataset-new.tsx'

const route = getRouteApi('/datasets')
const TOPICS = ['lake']
const NOTHING: ReadonlySet<string> = new Set()
const NONE: readonly string[] = []
const MOST_PAGES = 10

const known = (number: number | undefined): number | undefined => (number === undefined || number < 0 ? undefined : number)

const SORTS: Record<string, (row: DatasetRow) => number | string> = {
  name: (row) => row.name,
  version: (row) => row.version?.number ?? -1,
  rows: (row) => row.version?.rows ?? -1,
  bytes: (row) => row.version?.size_bytes ?? -1,
  changed: (row) => Date.parse(row.changed_at),
}

function columnsOf(searched: boolean): TableColumn<DatasetRow>[] {
  const columns: TableColumn<DatasetRow>[] = [
    {
      id: 'name',
      label: 'Dataset',
      width: 230,
      pinned: true,
      orderField: 'name',
      render: ({ name }) => (
        <Link to="/datasets/$name" params={{ name }} tabIndex={-1} title={name} className="truncate font-medium text-accent hover:underline">
          {name}
        </Link>
      ),
    },
    { id: 'version', label: 'Version', width: 80, numeric: true, orderField: 'version', render: ({ version }) => version?.number ?? <span className="text-ink-3">none</span> },
    { id: 'rows', label: 'Rows', width: 100, numeric: true, orderField: 'rows', render: ({ version }) => optional(known(version?.rows), formatCount) },
    { id: 'bytes', label: 'Size', width: 90, numeric: true, orderField: 'bytes', render: ({ version }) => optional(known(version?.size_bytes), formatBytes) },
    { id: 'changed', label: 'Changed', width: 120, numeric: true, orderField: 'changed', render: ({ changed_at }) => <Time millis={Date.parse(changed_at)} /> },
    {
      id: 'matched',
      label: 'Columns found',
      width: 150,
      render: ({ matched_columns: found }) => (
        <span className="truncate font-mono text-xs" title={found.join(', ')}>
          {found.join(', ')}
        </span>
      ),
    },
    {
      id: 'comment',
      label: 'Description',
      width: 300,
      render: ({ comment }) => (
        <span className="truncate text-ink-2" title={comment}>
          {comment}
        </span>
      ),
    },
    {
      id: 'tags',
      label: 'Tags',
      width: 200,
      render: ({ tags }) => (
        <span className="flex gap-1 overflow-hidden">
          {tags.map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </span>
      ),
    },
    { id: 'owners', label: 'Owners', width: 180, render: ({ owners }) => <span className="truncate text-ink-2">{owners.join(', ')}</span> },
  ]
  return searched ? columns : columns.filter(({ id }) => id !== 'matched')
}

function optional(value: number | undefined, format: (value: number) => string) {
  return value === undefined ? <span className="text-ink-3">–</span> : format(value)
}

export function Datasets() {
  useTopics(TOPICS)
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/datasets' })
  const set = (patch: DatasetsSearch, replace = false) => void navigate({ search: (old) => ({ ...old, ...patch }), replace })
  const q = useDeferredValue(search.q ?? '')
  // Facets count what the search leaves, so the namespace is looked at here and not asked of the server.
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery(datasetsQuery(q, undefined))
  // What is counted and sorted here should be all there is; a catalogue beyond this is searched first.
  const pages = data?.pages.length ?? 0
  useEffect(() => {
    if (hasNextPage && !isFetching && pages < MOST_PAGES) void fetchNextPage()
  }, [hasNextPage, isFetching, pages, fetchNextPage])
  const namespaces = useQuery(namespacesQuery)
  const found = useMemo(() => (data?.pages ?? []).flatMap(({ datasets }) => datasets), [data])
  const rows = useMemo(() => sorted(found.filter((row) => matches(row, search)), search.order), [found, search])
  const columns = useMemo(() => columnsOf(q !== ''), [q])
  const [call, setCall] = useState<ApiCall>()
  const [adding, setAdding] = useState(false)
  const find = useRef<HTMLInputElement>(null)
  useKeys('Datasets', [
    { key: 's', says: 'Search', run: () => find.current?.focus() },
    { key: 'n', says: 'New dataset from a file', run: () => setAdding(true) },
  ])
  const narrowed = search.in !== undefined || search.tag !== undefined || search.owner !== undefined
  const refused = error instanceof ApiError && error.status === 400 ? error.message : undefined
  const facets = (
    <Facets
      namespaces={namespaces.data ?? NONE}
      found={found}
      search={search}
      // Less is typed than is ticked: what a click changes is a step of the history.
      onChange={(patch) => set(patch)}
    />
  )
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title="Datasets"
        actions={
          <>
            <Button kind="primary" icon={Upload} onClick={() => setAdding(true)}>
              New from a file
            </Button>
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[{ label: 'Show the API call', icon: Terminal, run: () => setCall({ method: 'GET', url: location.origin + urlOf(DATASETS, { search: q, namespace: search.in, max_results: 1000 }) }) }]}
            />
          </>
        }
      />
      <div className="grid min-h-0 grid-cols-[minmax(0,1fr)] gap-3 lg:grid-cols-[13rem_minmax(0,1fr)]">
        <aside aria-label="Narrow the list" className="card hidden max-h-[calc(100dvh-6.5rem)] overflow-y-auto p-2.5 lg:block">
          {facets}
        </aside>
        <div className="card flex h-[calc(100dvh-12rem)] min-h-64 flex-col md:h-[calc(100dvh-6.5rem)]">
          <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
            <label className="relative min-w-0 flex-1 basis-56">
              <span className="sr-only">Search datasets by name, description or column</span>
              <Search aria-hidden size={15} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
              <input
                ref={find}
                type="search"
                value={search.q ?? ''}
                placeholder="Name, description, column"
                aria-invalid={refused !== undefined}
                onChange={(event) => set({ q: event.target.value || undefined }, true)}
                className="field w-full pl-8!"
              />
            </label>
            <span className="lg:hidden">
              <Popup
                label="Narrow the list"
                trigger={
                  <Button icon={ListFilter} aria-pressed={narrowed}>
                    Narrow
                  </Button>
                }
              >
                <div className="max-h-[60dvh] w-56 overflow-y-auto">{facets}</div>
              </Popup>
            </span>
            {narrowed && (
              <Button kind="quiet" onClick={() => set({ in: undefined, tag: undefined, owner: undefined })}>
                Clear
              </Button>
            )}
            <span className="text-sm text-ink-3">{data ? plural(rows.length, 'dataset') + (hasNextPage ? ' and more' : '') : ''}</span>
          </div>
          {refused ? (
            <Empty icon={Search} title="The server cannot search for this" actions={<Button onClick={() => set({ q: undefined })}>Show all</Button>}>
              {refused}
            </Empty>
          ) : error ? (
            <ErrorState error={error} what="The datasets could not be read" onRetry={() => void refetch()} />
          ) : isPending ? (
            <div className="p-3">
              <Skeleton lines={8} />
            </div>
          ) : rows.length === 0 && !hasNextPage && (q || narrowed) ? (
            <Empty icon={Search} title="No dataset is like this" actions={<Button onClick={() => void navigate({ search: {} })}>Show all</Button>}>
              Names, descriptions, and names and descriptions of columns are searched; every word must be found.
            </Empty>
          ) : rows.length === 0 && !hasNextPage ? (
            <FirstDataset onAdd={() => setAdding(true)} />
          ) : (
            <Table
              name="datasets"
              label="Datasets"
              rows={rows}
              idOf={({ name }) => name}
              columns={columns}
              order={search.order}
              onOrder={(column) => set({ order: nextOrder(search.order, column.orderField!, column.numeric === true) })}
              selected={NOTHING}
              onOpen={({ name }) => void navigate({ to: '/datasets/$name', params: { name } })}
              more={hasNextPage}
              onMore={() => !isFetching && void fetchNextPage()}
              total={hasNextPage ? undefined : rows.length}
            />
          )}
        </div>
      </div>
      <NewDataset open={adding} onClose={() => setAdding(false)} />
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </div>
  )
}

function Facets({ namespaces, found, search, onChange }: { namespaces: readonly string[]; found: readonly DatasetRow[]; search: DatasetsSearch; onChange: (patch: DatasetsSearch) => void }) {
  const tree = useMemo(() => namespaceTree(namespaces, found.map(({ name }) => name)), [namespaces, found])
  const tags = useMemo(() => withChosen(countWords(found.map((row) => row.tags)), search.tag), [found, search.tag])
  const owners = useMemo(() => withChosen(countWords(found.map((row) => row.owners)), search.owner), [found, search.owner])
  const listed = (chosen: string[]) => (chosen.length > 0 ? chosen : undefined)
  return (
    <div className="grid gap-4">
      <Facet
        title="Namespaces"
        single
        choices={tree.map(({ name, label, depth, datasets }) => ({ value: name, label, depth, count: datasets }))}
        chosen={search.in ? [search.in] : []}
        onChange={([chosen]) => onChange({ in: chosen })}
        empty="None yet."
      />
      <Facet title="Tags" choices={tags.map(({ word, count }) => ({ value: word, count }))} chosen={search.tag ?? []} onChange={(tag) => onChange({ tag: listed(tag) })} empty="No dataset has one." />
      <Facet title="Owners" choices={owners.map(({ word, count }) => ({ value: word, count }))} chosen={search.owner ?? []} onChange={(owner) => onChange({ owner: listed(owner) })} empty="No dataset has one." />
    </div>
  )
}

/** What is ticked stays in sight, also when the search leaves none of it. */
function withChosen(counted: { word: string; count: number }[], chosen: readonly string[] | undefined) {
  return [...counted, ...(chosen ?? []).filter((word) => counted.every((each) => each.word !== word)).map((word) => ({ word, count: 0 }))]
}

function matches(row: DatasetRow, { in: namespace, tag, owner }: DatasetsSearch): boolean {
  return (
    (namespace === undefined || row.name.startsWith(`${namespace}.`)) &&
    (tag === undefined || tag.some((each) => row.tags.includes(each))) &&
    (owner === undefined || owner.some((each) => row.owners.includes(each)))
  )
}

function sorted(rows: DatasetRow[], text: string | undefined): DatasetRow[] {
  const order = parseOrder(text)
  const key = order && SORTS[order.field]
  if (!order || !key) return rows
  const sign = order.descending ? -1 : 1
  return [...rows].sort((a, b) => {
    const [left, right] = [key(a), key(b)]
    return sign * (typeof left === 'string' ? left.localeCompare(String(right), undefined, { numeric: true }) : left - Number(right))
  })
}

function FirstDataset({ onAdd }: { onAdd: () => void }) {
  return (
    <div className="overflow-y-auto">
      <Empty
        icon={Database}
        title="No dataset yet"
        actions={
          <Button kind="primary" icon={Upload} onClick={onAdd}>
            New from a file
          </Button>
        }
      >
        <p className="mb-3">A dataset is an Apache Iceberg table; each commit to it is a version that never changes. Make one of a file:</p>
        <div className="grid gap-3 text-left">
          <CodeBlock label="Shell command" code={`millwright data add census.people people.parquet --server ${location.origin}`} />
          <p className="text-center">or with pyiceberg, as with any Iceberg catalog:</p>
          <CodeBlock
            label="Python code"
            code={`from pyiceberg.catalog.rest import RestCatalog\nimport pyarrow.csv\n\ncatalog = RestCatalog("millwright", uri="${location.origin}/iceberg")\npeople = pyarrow.csv.read_csv("people.csv")\ncatalog.create_namespace_if_not_exists("census")\ncatalog.create_table("census.people", schema=people.schema).append(people)`}
          />
        </div>
      </Empty>
    </div>
  )
}
