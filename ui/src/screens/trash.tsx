// What lies in the trash, what does it cost, and when is it gone for good?

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ArchiveRestore, Download, Ellipsis, Flame, RotateCw, Terminal, Trash2, X } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { cancelOperation, collectTrash, restoreItems, spaceQuery, trashItems, trashQuery, urnOf, type Collected, type TrashItem } from '../api/admin.ts'
import { useChanges } from '../api/changes.ts'
import { OWN, urlOf } from '../api/client.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, Empty, IconButton, PageHeader, Skeleton, tabClass, Time } from '../components/basics.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { useOperation, type Watched } from '../components/operation.tsx'
import { NotShown } from '../components/refused.tsx'
import { saveFile } from '../components/save-file.ts'
import { Table, type TableColumn } from '../components/table.tsx'
import { say, sayFailure } from '../components/toasts.tsx'
import type { TrashSearch } from '../lib/admin-search.ts'
import { toCsv } from '../lib/csv.ts'
import { formatBytes, plural } from '../lib/format.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { CollectDialog } from './trash-collect.tsx'

const SpaceTable = lazy(() => import('./trash-space.tsx').then((module) => ({ default: module.SpaceTable })))

const route = getRouteApi('/trash')
const TOPICS = ['tracking']
const NONE: string[] = []
export const KIND_LABELS = { experiment: 'Experiment', run: 'Run', 'logged-model': 'Logged model' } as const
const MOST_CHOSEN = 1000

export function TrashScreen() {
  const { show } = route.useSearch()
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader title="Trash & space">
        <p className="mt-1 max-w-prose text-sm text-ink-2">
          Nothing here goes by itself. It stays, and can be restored, until somebody takes it away here or <code className="font-mono text-xs">millwright gc</code> runs.
        </p>
      </PageHeader>
      <nav aria-label="Parts of the trash" className="mb-3 flex gap-1 border-b border-line">
        {([undefined, 'space'] as const).map((each) => (
          <Link
            key={each ?? 'trash'}
            to="/trash"
            search={each ? { show: each } : {}}
            aria-current={show === each ? 'page' : undefined}
            className={tabClass(show === each)}
          >
            {each ? 'Space' : 'Trash'}
          </Link>
        ))}
      </nav>
      <div className="card flex h-[calc(100dvh-17rem)] min-h-80 flex-col md:h-[calc(100dvh-11rem)]">
        <Suspense fallback={<Skeleton lines={8} />}>{show === 'space' ? <SpaceTable /> : <InTrash />}</Suspense>
      </div>
    </div>
  )
}

function InTrash() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/trash' })
  const client = useQueryClient()
  const set = useCallback((patch: TrashSearch, replace = false) => void navigate({ search: (old) => ({ ...old, ...patch }), replace }), [navigate])
  const query = trashQuery(search.kind)
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery(query)
  const items = useMemo(() => (data?.pages ?? []).flatMap((page) => page.items), [data])
  const byUrn = useMemo(() => new Map(items.map((item) => [urnOf(item), item])), [items])
  const ticked = useMemo(() => new Set(search.item ?? []), [search.item])
  const chosen = useMemo(() => [...ticked].flatMap((urn) => byUrn.get(urn) ?? []), [ticked, byUrn])
  const tick = useCallback((urns: string[]) => set({ item: urns.length > 0 ? urns : undefined }, true), [set])
  const [collecting, setCollecting] = useState<'chosen' | 'all'>()
  const [call, setCall] = useState<ApiCall>()
  const [version, setVersion] = useState(0)
  const total = useTotal(items.length > 0, version)
  const again = useCallback(async () => {
    setVersion((old) => old + 1)
    await Promise.all([['tracking'], ['trash'], spaceQuery.queryKey].map((queryKey) => client.invalidateQueries({ queryKey })))
  }, [client])

  // At the top what is new appears; whoever has scrolled asks for it.
  const [reading, setReading] = useState(false)
  const [changed, setChanged] = useState(false)
  const refresh = useCallback(() => {
    setChanged(false)
    client.setQueryData(query.queryKey, (old) => old && { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) })
    void refetch({ cancelRefetch: false })
  }, [client, query.queryKey, refetch])
  // Whoever may not read it is not told of changes either.
  useChanges(data ? TOPICS : NONE, () => (reading ? setChanged(true) : refresh()))

  const restore = useCallback(
    async (wanted: readonly TrashItem[]) => {
      // Before the answers: they may come when something else is in sight.
      tick([])
      // What was not deleted itself comes back with its experiment alone.
      const { done, failure } = await restoreItems(wanted)
      if (failure) sayFailure(`${plural(wanted.length - done.length, 'thing')} of ${wanted.length} could not be restored`, failure)
      if (done.length > 0) say(restored(done), () => trashItems(done).then(again))
      await again()
    },
    [again, tick],
  )
  useKeys('Trash', [{ key: 'u', says: 'Restore the ticked things', run: () => chosen.length > 0 && void restore(chosen) }])
  const columns = useMemo(() => columnsOf(restore), [restore])

  if (error) return <NotShown error={error} what="The trash could not be read" right="the right to manage this workspace" onRetry={() => void refetch()} />
  return (
    <>
      <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line p-2 text-sm">
        {chosen.length > 0 ? (
          <>
            <span className="font-medium">{chosen.length} ticked</span>
            <Button icon={ArchiveRestore} onClick={() => void restore(chosen)}>
              Restore
            </Button>
            <Button kind="danger" icon={Flame} disabled={chosen.length > MOST_CHOSEN} onClick={() => setCollecting('chosen')}>
              Take away for good
            </Button>
            <Button kind="quiet" icon={X} onClick={() => tick([])}>
              Untick
            </Button>
          </>
        ) : (
          <>
            <select aria-label="Kind" value={search.kind ?? ''} onChange={(event) => set({ kind: (event.target.value || undefined) as TrashSearch['kind'], item: undefined })} className="field">
              <option value="">Everything</option>
              <option value="experiment">Experiments</option>
              <option value="run">Runs</option>
              <option value="logged-model">Logged models</option>
            </select>
            {items.length > 0 && <Total total={total} />}
            {changed && reading && (
              <Button icon={RotateCw} onClick={refresh}>
                Show what is new
              </Button>
            )}
            <span className="ml-auto flex items-center gap-1">
              <Button icon={Download} disabled={items.length === 0} onClick={() => saveFile(csvOf(items), 'trash.csv')}>
                CSV
              </Button>
              <Menu
                trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
                items={[
                  { label: 'Show the API call', icon: Terminal, run: () => setCall({ method: 'GET', url: location.origin + urlOf(`${OWN}/trash`, { kind: search.kind, max_results: 100 }) }) },
                  { label: 'Empty the trash', icon: Flame, disabled: items.length === 0, run: () => setCollecting('all') },
                ]}
              />
            </span>
          </>
        )}
      </div>
      {isPending ? (
        <div className="p-3">
          <Skeleton lines={8} label="Loading the trash" />
        </div>
      ) : items.length === 0 ? (
        <Empty icon={Trash2} title={search.kind ? `No ${KIND_LABELS[search.kind].toLowerCase()} lies in the trash` : 'The trash is empty'} actions={search.kind && <Button onClick={() => set({ kind: undefined })}>Show everything</Button>}>
          Experiments and runs that are archived come here, logged models that are deleted too. Registered models and their versions are deleted at once.
        </Empty>
      ) : (
        <Table
          name="trash"
          label="Trash"
          rows={items}
          idOf={urnOf}
          columns={columns}
          selected={ticked}
          onSelect={tick}
          onOpen={(item) => {
            if (item.kind === 'run') void navigate({ to: '/runs/$id', params: { id: item.id } })
            else void navigate({ to: '/experiments/$id', params: { id: item.experiment_id } })
          }}
          more={hasNextPage}
          onMore={() => void (!isFetching && fetchNextPage())}
          onReading={setReading}
        />
      )}
      <CollectDialog items={collecting === 'chosen' ? chosen : undefined} open={collecting !== undefined} onClose={() => setCollecting(undefined)} onDone={() => (tick([]), void again())} />
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

function restored(done: readonly TrashItem[]): string {
  const what = done.length === 1 ? `Restored ${done[0]!.name || done[0]!.id}.` : `Restored ${plural(done.length, 'thing')}.`
  const whole = new Set(done.filter((item) => item.kind === 'experiment').map((item) => item.id))
  const alone = done.some((item) => item.kind !== 'experiment' && item.with_experiment && !whole.has(item.experiment_id))
  return alone ? `${what} Its experiment is still in the trash.` : what
}

/**
 * What all of it holds: a collection that changes nothing adds it up, since things may share their files. That goes over the
 * whole trash, so it is done once for each version and ends with the screen.
 */
function useTotal(any: boolean, version: number): Watched {
  const total = useOperation()
  const { begin, operation } = total
  const asked = useRef(-1)
  const gone = useRef(false)
  const running = useRef<string>(undefined)
  useEffect(() => {
    if (operation) running.current = operation.state === 'running' ? operation.operation_id : undefined
  }, [operation])
  const stop = useCallback((id: string | undefined) => {
    // What has ended meanwhile cannot be stopped, and need not be.
    if (id !== undefined) cancelOperation(id).catch(() => {})
  }, [])
  useEffect(() => {
    if (!any || asked.current === version) return
    asked.current = version
    stop(running.current)
    running.current = undefined
    void begin(async () => {
      const begun = await collectTrash(undefined, true)
      if (begun.state === 'running' && (gone.current || asked.current !== version)) stop(begun.operation_id)
      return begun
    })
  }, [any, version, begin, stop])
  useEffect(() => {
    gone.current = false
    return () => {
      gone.current = true
      stop(running.current)
    }
  }, [stop])
  return total
}

function Total({ total: { operation, busy } }: { total: Watched }) {
  const sum = operation?.result as Collected | undefined
  if (!sum) return <span className="text-ink-3">{busy ? 'Adding up …' : ''}</span>
  return (
    <span className="text-ink-2">
      {plural(sum.things, 'thing')} in all with {plural(sum.files, 'file')} of {formatBytes(sum.bytes)}; without them the store holds {formatBytes(sum.freed_bytes)} less
    </span>
  )
}

function columnsOf(restore: (items: readonly TrashItem[]) => void): TableColumn<TrashItem>[] {
  return [
    {
      id: 'name',
      label: 'Name',
      width: 240,
      pinned: true,
      render: (item) => <Name item={item} />,
    },
    {
      id: 'actions',
      label: '',
      title: 'Actions',
      width: 110,
      pinned: true,
      render: (item) =>
        item.deleted_at ? (
          <Button kind="quiet" icon={ArchiveRestore} aria-label={`Restore ${item.name || item.id}`} className="min-h-6! py-0!" tabIndex={-1} onClick={() => restore([item])}>
            Restore
          </Button>
        ) : (
          <Badge tone="warn" title="Somebody is taking it away; it cannot be restored any more">
            going
          </Badge>
        ),
    },
    { id: 'kind', label: 'Kind', width: 115, render: (item) => KIND_LABELS[item.kind] },
    {
      id: 'bytes',
      label: 'Size',
      width: 90,
      numeric: true,
      render: (item) => (item.artifacts_elsewhere ? <span className="text-ink-3">elsewhere</span> : formatBytes(item.bytes)),
    },
    { id: 'frees', label: 'Frees', title: 'What the store holds less without it: content that others have too stays', width: 90, numeric: true, render: (item) => formatBytes(item.own_bytes) },
    { id: 'deleted', label: 'Since', width: 125, numeric: true, render: (item) => <Time millis={item.deleted_at ? Date.parse(item.deleted_at) : undefined} /> },
    { id: 'by', label: 'By', width: 120, render: (item) => <span className="truncate">{item.deleted_by ?? <span className="text-ink-3">not on record</span>}</span> },
    {
      id: 'experiment',
      label: 'Experiment',
      width: 220,
      render: (item) =>
        item.kind === 'experiment' ? (
          ''
        ) : (
          <span className="flex min-w-0 items-center gap-1.5">
            <span className="truncate">{item.experiment_name || item.experiment_id}</span>
            {item.with_experiment && (
              <Badge tone="warn" title="Its experiment lies in the trash too: restore that to get both back">
                in the trash
              </Badge>
            )}
          </span>
        ),
    },
    { id: 'files', label: 'Files', width: 80, numeric: true, render: (item) => item.files },
    { id: 'id', label: 'ID', width: 280, render: (item) => <code className="truncate font-mono text-xs">{item.id}</code> },
  ]
}

function Name({ item }: { item: TrashItem }) {
  const name = item.name || item.id
  const look = 'truncate font-medium text-accent hover:underline'
  switch (item.kind) {
    case 'experiment':
      return (
        <Link to="/experiments/$id" params={{ id: item.id }} tabIndex={-1} title={name} className={look}>
          {name}
        </Link>
      )
    case 'run':
      return (
        <Link to="/runs/$id" params={{ id: item.id }} tabIndex={-1} title={name} className={look}>
          {name}
        </Link>
      )
    case 'logged-model':
      return (
        <span title={name} className="truncate font-medium">
          {name}
        </span>
      )
  }
}

function csvOf(items: readonly TrashItem[]): Blob {
  const rows = items.map((item) => [item.kind, item.id, item.name, item.experiment_id, item.experiment_name, item.deleted_at, item.deleted_by, item.files, item.bytes, item.own_bytes])
  return new Blob([toCsv([['kind', 'id', 'name', 'experiment_id', 'experiment_name', 'deleted_at', 'deleted_by', 'files', 'bytes', 'own_bytes'], ...rows])], { type: 'text/csv' })
}
