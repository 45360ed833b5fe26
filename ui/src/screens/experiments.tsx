// Every experiment: find one, make one, rename, archive, restore.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Archive, ArchiveRestore, Ellipsis, FlaskConical, Pencil, Plus, Search } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { useTopics } from '../api/changes.ts'
import { archiveExperiment, createExperiment, experimentsQuery, renameExperiment, restoreExperiment, type Experiment } from '../api/tracking.ts'
import { Button, Empty, ErrorState, IconButton, PageHeader, Skeleton, Time } from '../components/basics.tsx'
import { AskDialog } from '../components/dialog.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { Table, type TableColumn } from '../components/table.tsx'
import { attempt } from '../components/toasts.tsx'
import { nextOrder, parseOrder } from '../lib/columns.ts'
import { plural } from '../lib/format.ts'
import type { ListSearch } from '../lib/search-params.ts'

const route = getRouteApi('/experiments')
const TOPICS = ['tracking']
const NOTHING: ReadonlySet<string> = new Set()
type Asking = { kind: 'create' } | { kind: 'rename'; experiment: Experiment } | undefined

export function Experiments() {
  useTopics(TOPICS)
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/experiments' })
  const client = useQueryClient()
  const stage = search.stage ?? 'active'
  const { data, error, isPending, refetch } = useQuery(experimentsQuery(stage, ''))
  const [asking, setAsking] = useState<Asking>()
  const find = useRef<HTMLInputElement>(null)
  const set = (patch: ListSearch, replace = false) => void navigate({ search: (old) => ({ ...old, ...patch }), replace })
  useKeys('Experiments', [
    { key: 'n', says: 'New experiment', run: () => setAsking({ kind: 'create' }) },
    { key: 's', says: 'Search by name', run: () => find.current?.focus() },
  ])

  const rows = useMemo(() => sorted((data?.experiments ?? []).filter((each) => matches(each, search.q)), search.order), [data, search.q, search.order])
  const refresh = () => client.invalidateQueries({ queryKey: ['tracking', 'experiments'] })
  const archive = async (each: Experiment) => {
    await attempt(() => archiveExperiment(each.experiment_id), `Archived ${each.name}.`, () => restoreExperiment(each.experiment_id).then(refresh))
    await refresh()
  }
  const restore = async (each: Experiment) => {
    await attempt(() => restoreExperiment(each.experiment_id), `Restored ${each.name}.`, () => archiveExperiment(each.experiment_id).then(refresh))
    await refresh()
  }

  const columns = useMemo<TableColumn<Experiment>[]>(
    () => [
      {
        id: 'name',
        label: 'Experiment',
        width: 380,
        pinned: true,
        orderField: 'name',
        render: (each) => (
          <Link to="/experiments/$id" params={{ id: each.experiment_id }} tabIndex={-1} className="truncate font-medium text-accent hover:underline" title={each.name}>
            {each.name}
          </Link>
        ),
      },
      {
        id: 'actions',
        label: '',
        title: 'Actions',
        width: 64,
        pinned: true,
        render: (each) => (
          <Menu
            trigger={<IconButton label={`Actions for ${each.name}`} icon={Ellipsis} />}
            items={[
              stage === 'active' && { label: 'Rename', icon: Pencil, run: () => setAsking({ kind: 'rename', experiment: each }) },
              stage === 'active' && { label: 'Archive', icon: Archive, disabled: each.experiment_id === '0', run: () => void archive(each) },
              stage === 'archived' && { label: 'Restore', icon: ArchiveRestore, run: () => void restore(each) },
            ]}
          />
        ),
      },
      { id: 'id', label: 'ID', width: 90, numeric: true, orderField: 'experiment_id', render: (each) => each.experiment_id },
      { id: 'created', label: 'Created', width: 140, numeric: true, orderField: 'creation_time', render: (each) => <Time millis={each.creation_time} /> },
      { id: 'changed', label: 'Changed', width: 140, numeric: true, orderField: 'last_update_time', render: (each) => <Time millis={each.last_update_time} /> },
      {
        id: 'tags',
        label: 'Tags',
        width: 320,
        render: (each) => (
          <span className="truncate text-ink-2">
            {(each.tags ?? [])
              .filter(({ key }) => !key.startsWith('mlflow.'))
              .map(({ key, value }) => `${key}: ${value}`)
              .join(', ')}
          </span>
        ),
      },
    ],
    [stage],
  )

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title="Experiments"
        actions={
          <Button kind="primary" icon={Plus} onClick={() => setAsking({ kind: 'create' })}>
            New experiment
          </Button>
        }
      />
      <div className="card flex h-[calc(100dvh-12rem)] min-h-64 flex-col md:h-[calc(100dvh-6.5rem)]">
        <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
          <label className="relative min-w-0 flex-1 basis-56">
            <span className="sr-only">Search experiments by name or tag</span>
            <Search aria-hidden size={15} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
            <input
              ref={find}
              type="search"
              value={search.q ?? ''}
              placeholder="Name or tag"
              onChange={(event) => set({ q: event.target.value || undefined }, true)}
              className="field w-full pl-8!"
            />
          </label>
          <StageSwitch stage={stage} onChange={(next) => set({ stage: next })} />
          <span className="text-sm text-ink-3">{data ? plural(rows.length, 'experiment') : ''}</span>
        </div>
        {error ? (
          <ErrorState error={error} what="The experiments could not be read" onRetry={() => void refetch()} />
        ) : isPending ? (
          <div className="p-3">
            <Skeleton lines={8} />
          </div>
        ) : rows.length === 0 ? (
          <Nothing searching={search.q !== undefined} archived={stage === 'archived'} onCreate={() => setAsking({ kind: 'create' })} onAll={() => set({ q: undefined })} />
        ) : (
          <Table
            name="experiments"
            label="Experiments"
            rows={rows}
            idOf={(each) => each.experiment_id}
            columns={columns}
            order={search.order}
            onOrder={(column) => set({ order: nextOrder(search.order, column.orderField!, column.numeric === true) })}
            selected={NOTHING}
            onOpen={(each) => void navigate({ to: '/experiments/$id', params: { id: each.experiment_id } })}
            more={false}
            onMore={() => {}}
            total={rows.length}
          />
        )}
      </div>
      <AskDialog
        open={asking?.kind === 'create'}
        title="New experiment"
        label="Name"
        action="Create"
        onClose={() => setAsking(undefined)}
        onDone={async (name) => {
          let id = ''
          const made = await attempt(async () => {
            id = (await createExperiment(name)).experiment_id
          }, `Created ${name}.`)
          await refresh()
          if (made) await navigate({ to: '/experiments/$id', params: { id } })
        }}
      />
      <AskDialog
        open={asking?.kind === 'rename'}
        title="Rename experiment"
        label="Name"
        action="Rename"
        initial={asking?.kind === 'rename' ? asking.experiment.name : ''}
        onClose={() => setAsking(undefined)}
        onDone={async (name) => {
          if (asking?.kind !== 'rename') return
          const { experiment_id: id, name: old } = asking.experiment
          await attempt(() => renameExperiment(id, name), `Renamed to ${name}.`, () => renameExperiment(id, old).then(refresh))
          await refresh()
        }}
      />
    </div>
  )
}

export function StageSwitch({ stage, onChange }: { stage: 'active' | 'archived'; onChange: (stage: 'archived' | undefined) => void }) {
  return (
    <label className="text-sm">
      <span className="sr-only">Show</span>
      <select value={stage} onChange={(event) => onChange(event.target.value === 'archived' ? 'archived' : undefined)} className="field">
        <option value="active">Active</option>
        <option value="archived">Archived</option>
      </select>
    </label>
  )
}

function Nothing({ searching, archived, onCreate, onAll }: { searching: boolean; archived: boolean; onCreate: () => void; onAll: () => void }) {
  if (searching)
    return (
      <Empty icon={Search} title="No experiment has this in its name or tags" actions={<Button onClick={onAll}>Show all</Button>}>
        Archived ones are searched apart.
      </Empty>
    )
  if (archived)
    return (
      <Empty icon={Archive} title="Nothing is archived">
        What you archive lies here until the trash is emptied, and can be restored.
      </Empty>
    )
  return (
    <Empty
      icon={FlaskConical}
      title="No experiment yet"
      actions={
        <Button kind="primary" icon={Plus} onClick={onCreate}>
          New experiment
        </Button>
      }
    >
      Make one here, or let a client make it: <code className="font-mono text-sm">mlflow.set_experiment("churn")</code>
    </Empty>
  )
}

function matches(each: Experiment, q: string | undefined): boolean {
  if (!q) return true
  const wanted = q.toLowerCase()
  return each.name.toLowerCase().includes(wanted) || (each.tags ?? []).some(({ key, value }) => !key.startsWith('mlflow.') && `${key} ${value}`.toLowerCase().includes(wanted))
}

function sorted(experiments: Experiment[], text: string | undefined): Experiment[] {
  const order = parseOrder(text)
  if (!order) return experiments
  const key = order.field as 'name' | 'experiment_id' | 'creation_time' | 'last_update_time'
  const sign = order.descending ? -1 : 1
  return [...experiments].sort((a, b) => {
    const [left, right] = [a[key], b[key]]
    return sign * (key === 'name' ? String(left).localeCompare(String(right), undefined, { numeric: true }) : Number(left) - Number(right))
  })
}
