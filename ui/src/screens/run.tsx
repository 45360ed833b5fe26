// What happened?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Archive, ArchiveRestore, Ellipsis, Pencil, Share2, Terminal } from 'lucide-react'
import { lazy, Suspense, useMemo, useState, type ReactNode } from 'react'
import { useTopics } from '../api/changes.ts'
import { MLFLOW, urlOf } from '../api/client.ts'
import { runCountQuery } from '../api/runs.ts'
import { archiveRun, experimentQuery, record, renameRun, restoreRun, runQuery, type Run } from '../api/tracking.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, CopyButton, ErrorState, IconButton, PageHeader, Skeleton, Status, tabClass, Time } from '../components/basics.tsx'
import { useNow } from '../components/clock.ts'
import { AskDialog } from '../components/dialog.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { attempt } from '../components/toasts.tsx'
import { clauseFor, fieldName } from '../lib/filter.ts'
import { formatDuration, plural } from '../lib/format.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { RUN_TABS, type RunSearch } from '../lib/search-params.ts'
import { RunOverview } from './run-overview.tsx'

const RunMetrics = lazy(() => import('./run-metrics.tsx').then((module) => ({ default: module.RunMetrics })))
const RunArtifacts = lazy(() => import('./run-artifacts.tsx').then((module) => ({ default: module.RunArtifacts })))

const route = getRouteApi('/runs/$id')
const TAB_LABELS = { overview: 'Overview', metrics: 'Metrics', artifacts: 'Artifacts' } as const

export function RunScreen() {
  const { id } = route.useParams()
  const { data: run, error, isPending, refetch } = useQuery({
    ...runQuery(id),
    // Changes made through another process of the server are not told; a running run is asked for anew as well.
    refetchInterval: (query) => (query.state.data?.info.status === 'RUNNING' ? 5_000 : false),
  })
  useTopics(useMemo(() => [`run:${id}`], [id]))
  if (error) return <ErrorState error={error} what="This run could not be read" onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={8} label="Loading the run" />
  return <Shown key={id} run={run} />
}

function Shown({ run }: { run: Run }) {
  const { info } = run
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/runs/$id' })
  const now = useNow()
  const experiment = useQuery(experimentQuery(info.experiment_id))
  const [renaming, setRenaming] = useState(false)
  const [call, setCall] = useState<ApiCall>()
  const tab = search.tab ?? 'overview'
  const archived = info.lifecycle_stage === 'deleted'
  const set = (patch: RunSearch, replace = false) => void navigate({ search: (old) => ({ ...old, ...patch }), replace })
  useKeys('Run', [
    { key: '1', says: 'Overview', run: () => set({ tab: undefined }) },
    { key: '2', says: 'Metrics', run: () => set({ tab: 'metrics' }) },
    { key: '3', says: 'Artifacts', run: () => set({ tab: 'artifacts' }) },
    { key: 'e', says: 'Rename the run', run: () => setRenaming(true) },
  ])
  return (
    <>
      <PageHeader
        above={
          <>
            <Link to="/experiments" className="hover:underline">
              Experiments
            </Link>{' '}
            /{' '}
            <Link to="/experiments/$id" params={{ id: info.experiment_id }} className="hover:underline">
              {experiment.data?.name ?? `experiment ${info.experiment_id}`}
            </Link>
          </>
        }
        title={info.run_name || info.run_id}
        actions={
          <>
            {!archived && (
              <Button icon={Pencil} onClick={() => setRenaming(true)}>
                Rename
              </Button>
            )}
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[
                { label: 'Lineage', icon: Share2, run: () => void navigate({ to: '/lineage', search: { node: `run:${info.run_id}` } }) },
                { label: 'Show the API call', icon: Terminal, run: () => setCall({ method: 'GET', url: location.origin + urlOf(`${MLFLOW}/runs/get`, { run_id: info.run_id }) }) },
                archived
                  ? { label: 'Restore', icon: ArchiveRestore, run: () => void attempt(() => restoreRun(info.run_id), 'Restored the run.', () => archiveRun(info.run_id)) }
                  : { label: 'Archive', icon: Archive, run: () => void attempt(() => archiveRun(info.run_id), 'Archived the run.', () => restoreRun(info.run_id)) },
              ]}
            />
          </>
        }
      >
        <div className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-2">
          <span className="flex gap-1.5">
            <Status status={info.status} />
            {archived && <Badge tone="warn">Archived</Badge>}
          </span>
          <Labelled label="Started">
            <Time millis={info.start_time} />
          </Labelled>
          {info.start_time > 0 && (info.end_time || info.status === 'RUNNING') && <Labelled label={info.end_time ? 'Took' : 'Running for'}>{formatDuration((info.end_time ?? now) - info.start_time)}</Labelled>}
          {info.user_id && <Labelled label="By">{info.user_id}</Labelled>}
          <Family run={run} />
          <span className="flex items-center">
            <code className="font-mono text-xs" title={info.run_id}>
              {info.run_id.slice(0, 8)}
            </code>
            <CopyButton text={info.run_id} label="Copy ID" />
          </span>
        </div>
      </PageHeader>
      <nav aria-label="Parts of the run" className="mb-4 flex gap-1 border-b border-line">
        {RUN_TABS.map((each) => (
          <Link
            key={each}
            to="/runs/$id"
            params={{ id: info.run_id }}
            search={(old: RunSearch) => ({ ...old, tab: each === 'overview' ? undefined : each })}
            aria-current={tab === each ? 'page' : undefined}
            className={tabClass(tab === each)}
          >
            {TAB_LABELS[each]}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Skeleton lines={6} />}>
        {tab === 'overview' && <RunOverview run={run} />}
        {tab === 'metrics' && <RunMetrics run={run} search={search} onChange={set} />}
        {tab === 'artifacts' && <RunArtifacts run={run} path={search.path} />}
      </Suspense>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
      <AskDialog
        open={renaming}
        title="Rename run"
        label="Name"
        action="Rename"
        initial={info.run_name}
        onClose={() => setRenaming(false)}
        onDone={(name) => void attempt(() => renameRun(info.run_id, name), `Renamed to ${name}.`, () => renameRun(info.run_id, info.run_name))}
      />
    </>
  )
}

/** The run this one is a part of, and how many are parts of it. */
function Family({ run }: { run: Run }) {
  const { info } = run
  const parent = record(run.data.tags)['mlflow.parentRunId']
  const filter = clauseFor(fieldName('tags', 'mlflow.parentRunId'), '=', info.run_id)
  const children = useQuery(runCountQuery(info.experiment_id, filter, false))
  return (
    <>
      {parent && (
        <Link to="/runs/$id" params={{ id: parent }} className="text-accent hover:underline">
          Part of run {parent.slice(0, 8)}
        </Link>
      )}
      {children.data !== undefined && children.data.runs > 0 && (
        <Link to="/experiments/$id" params={{ id: info.experiment_id }} search={{ filter }} className="text-accent hover:underline">
          {plural(children.data.runs, 'nested run')}
        </Link>
      )}
    </>
  )
}

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <span>
      <span className="text-ink-3">{label}</span> {children}
    </span>
  )
}
