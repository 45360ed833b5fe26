// Which run is best, and why?

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Archive, ArchiveRestore, Download, Ellipsis, GitCompareArrows, Pause, Pencil, RotateCw, Tag, Terminal, X } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useChanges, useTopics } from '../api/changes.ts'
import { ApiError, urlOf } from '../api/client.ts'
import { rowsOf, runColumnsQuery, runCountQuery, runsQuery, runsUrl, type ColumnNames } from '../api/runs.ts'
import { archiveExperiment, archiveRun, experimentQuery, forEachRun, renameExperiment, restoreExperiment, restoreRun } from '../api/tracking.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, CodeBlock, Empty, ErrorState, IconButton, PageHeader, Skeleton } from '../components/basics.tsx'
import { useNow } from '../components/clock.ts'
import { ColumnPicker } from '../components/column-picker.tsx'
import { AskDialog } from '../components/dialog.tsx'
import { FilterBar, type Suggestion } from '../components/filter-bar.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { saveFile } from '../components/save-file.ts'
import { Table } from '../components/table.tsx'
import { TagDialog } from '../components/tag-dialog.tsx'
import { attempt, say, sayFailure } from '../components/toasts.tsx'
import { ATTRIBUTES, nextOrder, parseColumn } from '../lib/columns.ts'
import { fieldName, withClause } from '../lib/filter.ts'
import { formatCount, plural } from '../lib/format.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import type { RunsSearch } from '../lib/search-params.ts'
import { StageSwitch } from './experiments.tsx'
import { exportCsv, NumberMenu, tableColumns, tagRuns, usualColumns, type NumberCell } from './run-table.tsx'

const route = getRouteApi('/experiments/$id')
const MOST_COMPARED = 20
/** Changes of a busy experiment are gathered for so long. */
const GATHER_MILLIS = 400

export function ExperimentScreen() {
  const { id } = route.useParams()
  return <RunsOf key={id} id={id} />
}

function RunsOf({ id }: { id: string }) {
  const search = route.useSearch()
  const navigate = useNavigate()
  const client = useQueryClient()
  const now = useNow()
  const archived = search.stage === 'archived'
  const set = useCallback(
    (patch: RunsSearch, replace = false) => void navigate({ to: '/experiments/$id', params: { id }, search: (old: RunsSearch) => ({ ...old, ...patch }), replace }),
    [navigate, id],
  )

  useTopics(useMemo(() => [`experiment:${id}`], [id]))
  const experiment = useQuery(experimentQuery(id))
  const names = useQuery(runColumnsQuery(id))
  const columnIds = useMemo(() => search.column ?? usualColumns(names.data), [search.column, names.data])
  const columns = useMemo(() => columnIds.flatMap((each) => parseColumn(each) ?? []), [columnIds])
  const asked = useMemo(
    () => ({
      experiment: id,
      columns: columns.filter((column) => column.kind !== 'attribute').map((column) => column.id),
      ...(search.filter ? { filter: search.filter } : {}),
      ...(search.order ? { order: search.order } : {}),
      archived,
    }),
    [id, columns, search.filter, search.order, archived],
  )
  const tableQuery = runsQuery(asked)
  const table = useInfiniteQuery({ ...tableQuery, enabled: search.column !== undefined || !names.isPending })
  const count = useQuery(runCountQuery(id, search.filter, archived))
  const rows = useMemo(() => rowsOf(table.data?.pages ?? []), [table.data])

  // Live while the reader is at the top; a table that is being read stays as it is until they ask.
  const [reading, setReading] = useState(false)
  const [changed, setChanged] = useState(false)
  const mayMove = !reading && (table.data?.pages.length ?? 0) <= 1
  const refresh = useCallback(() => {
    setChanged(false)
    client.setQueryData(tableQuery.queryKey, (old) => old && { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) })
    void table.refetch({ cancelRefetch: false })
    void count.refetch({ cancelRefetch: false })
    void names.refetch({ cancelRefetch: false })
  }, [client, tableQuery.queryKey, table.refetch, count.refetch, names.refetch])
  const onChange = useGathered(() => (mayMove ? refresh() : setChanged(true)), GATHER_MILLIS)
  useChanges(useMemo(() => [`experiment:${id}`], [id]), onChange)

  const [asking, setAsking] = useState<'rename' | 'tag'>()
  const [call, setCall] = useState<ApiCall>()
  const [number, setNumber] = useState<NumberCell>()
  const ticked = useMemo(() => new Set(search.run ?? []), [search.run])
  const tickedIds = useMemo(() => [...ticked], [ticked])
  const tick = useCallback((ids: string[]) => set({ run: ids.length > 0 ? ids : undefined }, true), [set])
  const addClause = useCallback((clause: string) => set({ filter: withClause(search.filter ?? '', clause) }), [set, search.filter])
  const shown = useMemo(() => tableColumns(columns, now, addClause, setNumber), [columns, now, addClause])

  const compare = () => {
    if (tickedIds.length < 2) say('Tick two runs or more to compare them: x ticks the marked row.')
    else if (tickedIds.length > MOST_COMPARED) say(`At most ${MOST_COMPARED} runs are compared at once.`)
    else void navigate({ to: '/compare', search: { run: tickedIds } })
  }
  const again = () => refresh()
  const setStage = async (to: 'archive' | 'restore') => {
    const [there, back] = to === 'archive' ? [archiveRun, restoreRun] : [restoreRun, archiveRun]
    const { done, failure } = await forEachRun(tickedIds, there)
    if (failure) sayFailure(`${plural(tickedIds.length - done.length, 'run')} of ${tickedIds.length} did not follow`, failure)
    if (done.length > 0) {
      say(`${to === 'archive' ? 'Archived' : 'Restored'} ${plural(done.length, 'run')}.`, () => forEachRun(done, back).then(again))
    }
    tick([])
    again()
  }
  const download = async () => {
    try {
      const blob = await exportCsv(asked, columns, (rowsDone) => rowsDone > 5000 && rowsDone % 10_000 === 0 && say(`Exporting: ${formatCount(rowsDone)} runs so far.`))
      saveFile(blob, `experiment-${id}.csv`)
    } catch (error) {
      sayFailure('The export failed', error)
    }
  }
  useKeys('Runs', [
    { key: 'c', says: 'Compare the ticked runs', run: compare },
    { key: 'r', says: 'Refresh', run: refresh },
    { key: 'Escape', says: 'Untick all', run: () => tick([]) },
  ])

  if (experiment.error) return <ErrorState error={experiment.error} what="This experiment could not be read" onRetry={() => void experiment.refetch()} />
  const problem = table.error instanceof ApiError && table.error.status === 400 && search.filter ? table.error.message : undefined
  const name = experiment.data?.name ?? '…'
  const inTrash = experiment.data?.lifecycle_stage === 'deleted'
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        above={
          <Link to="/experiments" className="hover:underline">
            Experiments
          </Link>
        }
        title={name}
        actions={
          <>
            <Button icon={Download} onClick={() => void download()}>
              CSV
            </Button>
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[
                { label: 'Show the API call', icon: Terminal, run: () => setCall(callOf(asked)) },
                { label: 'Rename', icon: Pencil, run: () => setAsking('rename') },
                inTrash
                  ? { label: 'Restore', icon: ArchiveRestore, run: () => void attempt(() => restoreExperiment(id), `Restored ${name}.`) }
                  : {
                      label: 'Archive',
                      icon: Archive,
                      disabled: id === '0',
                      run: () => void attempt(() => archiveExperiment(id), `Archived ${name}.`, () => restoreExperiment(id)),
                    },
              ]}
            />
          </>
        }
      >
        {inTrash && <Badge tone="warn">Archived</Badge>}
      </PageHeader>
      <div className="card flex h-[calc(100dvh-12rem)] min-h-80 flex-col md:h-[calc(100dvh-7.5rem)]">
        <div className="flex flex-wrap items-start gap-2 border-b border-line p-2">
          <FilterBar
            value={search.filter ?? ''}
            onChange={(filter) => set({ filter: filter || undefined })}
            fields={(text) => fieldsOf(names.data, text)}
            placeholder="Filter: metrics.loss < 0.5, or part of a name"
            problem={problem}
          />
          <StageSwitch stage={search.stage ?? 'active'} onChange={(stage) => set({ stage, run: undefined })} />
          <ColumnPicker experiment={id} columns={columnIds} onChange={(next) => set({ column: next })} />
        </div>
        <div className="flex min-h-10 flex-wrap items-center gap-2 border-b border-line px-3 py-1 text-sm">
          {ticked.size > 0 ? (
            <>
              <span className="font-medium">{ticked.size} ticked</span>
              <Button icon={GitCompareArrows} onClick={compare} disabled={ticked.size < 2}>
                Compare
              </Button>
              <Button icon={Tag} onClick={() => setAsking('tag')}>
                Tag
              </Button>
              {archived ? (
                <Button icon={ArchiveRestore} onClick={() => void setStage('restore')}>
                  Restore
                </Button>
              ) : (
                <Button icon={Archive} onClick={() => void setStage('archive')}>
                  Archive
                </Button>
              )}
              <Button kind="quiet" icon={X} onClick={() => tick([])}>
                Untick
              </Button>
            </>
          ) : (
            <span className="text-ink-2">
              {count.data ? `${formatCount(count.data.runs, !count.data.more)} ${count.data.runs === 1 ? 'run' : 'runs'}` : ' '}
              {search.filter ? ' match' : ''}
            </span>
          )}
          {changed && !mayMove && (
            <span className="ml-auto flex items-center gap-2">
              <Badge tone="warn">
                <Pause aria-hidden size={12} /> Paused while you read
              </Badge>
              <Button icon={RotateCw} onClick={refresh}>
                Show what is new
              </Button>
            </span>
          )}
        </div>
        {table.error && !problem ? (
          <ErrorState error={table.error} what="The runs could not be read" onRetry={() => void table.refetch()} />
        ) : problem ? (
          <Empty title="The server did not understand this filter">
            What it said stands below the filter. Try <code className="font-mono text-sm">params.model = 'tree'</code>.
          </Empty>
        ) : table.isPending ? (
          <div className="p-3">
            <Skeleton lines={10} label="Loading runs" />
          </div>
        ) : rows.length === 0 ? (
          <NoRuns filtered={search.filter !== undefined} archived={archived} name={name} onAll={() => set({ filter: undefined })} />
        ) : (
          <Table
            name={`runs-${id}`}
            label="Runs"
            rows={rows}
            idOf={(row) => row.id}
            columns={shown}
            order={search.order}
            onOrder={(column) => set({ order: nextOrder(search.order, column.orderField!, column.numeric === true) })}
            selected={ticked}
            onSelect={tick}
            onOpen={(row) => void navigate({ to: '/runs/$id', params: { id: row.id } })}
            more={table.hasNextPage}
            onMore={() => void (!table.isFetching && table.fetchNextPage())}
            total={count.data && !count.data.more ? count.data.runs : undefined}
            onReading={setReading}
          />
        )}
      </div>
      {number && (
        <NumberMenu
          cell={number}
          onClose={() => setNumber(undefined)}
          onChoose={(clause) => {
            setNumber(undefined)
            addClause(clause)
          }}
        />
      )}
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
      <AskDialog
        open={asking === 'rename'}
        title="Rename experiment"
        label="Name"
        action="Rename"
        initial={name}
        onClose={() => setAsking(undefined)}
        onDone={(next) => void attempt(() => renameExperiment(id, next), `Renamed to ${next}.`, () => renameExperiment(id, name))}
      />
      <TagDialog
        open={asking === 'tag'}
        title={`Tag ${plural(ticked.size, 'run')}`}
        onClose={() => setAsking(undefined)}
        onDone={async (key, value) => {
          try {
            const { done, failure, undo } = await tagRuns(id, tickedIds, key, value)
            if (failure) sayFailure(`${plural(tickedIds.length - done, 'run')} of ${tickedIds.length} did not take the tag`, failure)
            if (done > 0) say(`Tagged ${plural(done, 'run')}: ${key} = ${value}.`, () => undo().then(again))
            again()
          } catch (error) {
            sayFailure('The tag was not set', error)
          }
        }}
      />
    </div>
  )
}

function NoRuns({ filtered, archived, name, onAll }: { filtered: boolean; archived: boolean; name: string; onAll: () => void }) {
  if (filtered) {
    return (
      <Empty title="No run matches this filter" actions={<Button onClick={onAll}>Remove the filter</Button>}>
        Metrics are compared by their last value.
      </Empty>
    )
  }
  if (archived) return <Empty icon={Archive} title="No run of this experiment is archived" />
  return (
    <Empty title="No run yet">
      <p className="mb-3">Log one to this experiment; it appears here by itself.</p>
      <div className="text-left">
        <CodeBlock
          label="Python code"
          code={`import mlflow\nmlflow.set_tracking_uri(${JSON.stringify(location.origin)})\nmlflow.set_experiment(${JSON.stringify(name)})\nwith mlflow.start_run():\n    mlflow.log_metric("loss", 0.5)`}
        />
      </div>
    </Empty>
  )
}

function callOf(asked: Parameters<typeof runsUrl>[0]): ApiCall {
  const { path, query } = runsUrl(asked)
  return { method: 'GET', url: location.origin + urlOf(path, { ...query, max_results: 100 }) }
}

function fieldsOf(names: ColumnNames | undefined, text: string): Suggestion[] {
  const wanted = text.toLowerCase()
  const fields: Suggestion[] = []
  for (const kind of ['metrics', 'params', 'tags'] as const) {
    const shown = [...(names?.[kind] ?? [])].sort((a, b) => Number(a.system ?? false) - Number(b.system ?? false))
    for (const { name } of shown) fields.push({ text: `${fieldName(kind, name)} `, hint: kind.slice(0, -1) })
  }
  for (const attribute of ['status', 'run_name', 'end_time', ...ATTRIBUTES]) {
    if (attribute !== 'duration') fields.push({ text: `attributes.${attribute} `, hint: 'run' })
  }
  return fields.filter((field) => field.text.toLowerCase().includes(wanted))
}

/** Calls once for all calls within some time. */
function useGathered(action: () => void, millis: number): () => void {
  const latest = useRef(action)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    latest.current = action
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      latest.current()
    }, millis)
  }, [millis])
}
