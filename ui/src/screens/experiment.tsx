// Which run is best, and why?

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Archive, ArchiveRestore, Download, Ellipsis, GitCompareArrows, Pause, Pencil, RotateCw, Star, Tag, Terminal, X } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useChanges, useTopics } from '../api/changes.ts'
import { ApiError, urlOf } from '../api/client.ts'
import { rowsOf, runColumnsQuery, runCountQuery, runGroupsUrl, runsQuery, runsUrl, showStars, STAR_COLUMN, type ColumnNames, type GroupsAsked, type RunRow } from '../api/runs.ts'
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
import { MOST_COMPARED, type RunsSearch } from '../lib/search-params.ts'
import { touchesState } from '../lib/views.ts'
import { StageSwitch } from './experiments.tsx'
import { exportGroups, GroupTable, groupColumns } from './run-groups.tsx'
import { exportCsv, NumberMenu, starRuns, tableColumns, tagRuns, usualColumns, type NumberCell } from './run-table.tsx'
import { BestLine, BestPicker, GroupPicker, StarChip, useBest } from './run-toolbar.tsx'
import { searchOfView, useViews, ViewMenu, ViewTabs } from './run-views.tsx'

const route = getRouteApi('/experiments/$id')
/** Changes of a busy experiment are gathered for so long. */
const GATHER_MILLIS = 400
/** Groups go over all runs that match. */
const GATHER_GROUPS_MILLIS = 2_000

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
  const goTo = useCallback((next: (old: RunsSearch) => RunsSearch, replace = false) => void navigate({ to: '/experiments/$id', params: { id }, search: next, replace }), [navigate, id])
  const put = useCallback((patch: RunsSearch, replace?: boolean) => goTo((old) => ({ ...old, ...patch }), replace), [goTo])
  // What the reader does to the table of a view is a change to it; what a view does to the table is none.
  const set = useCallback((patch: RunsSearch, replace?: boolean) => goTo((old) => ({ ...old, ...patch, ...(old.view && touchesState(patch) ? { changed: true } : {}) }), replace), [goTo])
  const views = useViews(id, search, put)
  const hasTabs = views.views.some(({ pinned }) => pinned)

  useTopics(useMemo(() => [`experiment:${id}`], [id]))
  const experiment = useQuery(experimentQuery(id))
  const names = useQuery(runColumnsQuery(id))
  const columnIds = useMemo(() => search.column ?? usualColumns(names.data), [search.column, names.data])
  const columns = useMemo(() => columnIds.flatMap((each) => parseColumn(each) ?? []), [columnIds])
  const asked = useMemo(
    () => ({
      experiment: id,
      columns: [...columns.filter((column) => column.kind !== 'attribute').map((column) => column.id), STAR_COLUMN],
      ...(search.filter ? { filter: search.filter } : {}),
      ...(search.order ? { order: search.order } : {}),
      archived,
    }),
    [id, columns, search.filter, search.order, archived],
  )
  const tableQuery = runsQuery(asked)
  const grouped = search.group !== undefined
  const table = useInfiniteQuery({ ...tableQuery, enabled: !grouped && !views.coming && (search.column !== undefined || !names.isPending) })
  const count = useQuery(runCountQuery(id, search.filter, archived))
  const rows = useMemo(() => rowsOf(table.data?.pages ?? []), [table.data])
  const matching = useMemo(() => ({ experiment: id, archived, ...(search.filter ? { filter: search.filter } : {}) }), [id, archived, search.filter])
  const better = search.better ?? 'low'
  const best = useBest(matching, search.best, better)
  const [version, setVersion] = useState(0)

  // Live while the reader is at the top; a table that is being read stays as it is until they ask.
  const [reading, setReading] = useState(false)
  const [changed, setChanged] = useState(false)
  const mayMove = !reading && (grouped || (table.data?.pages.length ?? 0) <= 1)
  const refresh = useCallback(() => {
    setChanged(false)
    client.setQueryData(tableQuery.queryKey, (old) => old && { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) })
    // What other filters and orders have shown is old, too.
    void client.invalidateQueries({ queryKey: ['run-table'], refetchType: 'none' })
    if (grouped) setVersion((old) => old + 1)
    else void table.refetch({ cancelRefetch: false })
    void count.refetch({ cancelRefetch: false })
    void names.refetch({ cancelRefetch: false })
    if (search.best) void best.refetch({ cancelRefetch: false })
  }, [client, tableQuery.queryKey, grouped, search.best, table.refetch, count.refetch, names.refetch, best.refetch])
  const onChange = useGathered(() => (mayMove ? refresh() : setChanged(true)), grouped ? GATHER_GROUPS_MILLIS : GATHER_MILLIS)
  useChanges(useMemo(() => [`experiment:${id}`], [id]), onChange)

  const [asking, setAsking] = useState<'rename' | 'tag'>()
  const [call, setCall] = useState<ApiCall>()
  const [number, setNumber] = useState<NumberCell>()
  const ticked = useMemo(() => new Set(search.run ?? []), [search.run])
  const tickedIds = useMemo(() => [...ticked], [ticked])
  const tick = useCallback((ids: string[]) => set({ run: ids.length > 0 ? ids : undefined }, true), [set])
  const addClause = useCallback((clause: string) => set({ filter: withClause(search.filter ?? '', clause) }), [set, search.filter])
  // Runs of open groups lie in their own queries: whoever stars them draws anew.
  const [, setStarred] = useState(0)
  const star = async (ids: readonly string[], on: boolean) => {
    if (ids.length === 0) return
    showStars(client, ids, on)
    setStarred((old) => old + 1)
    const settle = () => void client.invalidateQueries({ queryKey: ['run-group'] }).then(() => mayMove && refresh())
    // Some of them may have had a star before, so what is true now is asked for.
    const askAgain = () => Promise.all([client.invalidateQueries({ queryKey: ['run-table'] }), client.invalidateQueries({ queryKey: ['run-group'] })]).then(() => setStarred((old) => old + 1))
    try {
      const { done, failure, undo } = await starRuns(id, ids, on)
      if (failure) sayFailure(on ? 'Not starred' : 'The star stays', failure)
      if (done > 0) say(on ? `Starred ${plural(done, 'run')}.` : `Took the star of ${plural(done, 'run')} away.`, () => undo().then(askAgain))
      if (failure) await askAgain()
      settle()
    } catch (error) {
      sayFailure('The star was not set', error)
      await askAgain()
    }
  }
  // Columns that stay the same keep their rows from being drawn anew.
  const latestStar = useRef(star)
  useEffect(() => {
    latestStar.current = star
  })
  const bestId = best.found?.row.id
  const shown = useMemo(
    () => tableColumns(columns, now, { addClause, askNumber: setNumber, star: (ids, on) => void latestStar.current(ids, on) }, bestId && search.best ? { id: bestId, column: search.best, says: `The ${better === 'low' ? 'lowest' : 'highest'} ${search.best}` } : undefined),
    [columns, now, addClause, bestId, search.best, better],
  )
  const areStarred = () => {
    const known = grouped ? client.getQueriesData<RunRow[]>({ queryKey: ['run-group'], type: 'active' }).flatMap(([, runs]) => runs ?? []) : rows
    const starred = new Set(known.filter((run) => run.starred).map((run) => run.id))
    return ticked.size > 0 && tickedIds.every((each) => starred.has(each))
  }
  const allStarred = areStarred()
  const starKey = (run: RunRow | undefined) => (run ? void star([run.id], !run.starred) : void star(tickedIds, !areStarred()))

  const compare = () => {
    if (tickedIds.length < 2) say('Tick two runs or more to compare them: x ticks the marked row.')
    else if (tickedIds.length > MOST_COMPARED) say(`At most ${MOST_COMPARED} runs are compared at once.`)
    else void navigate({ to: '/compare', search: { run: tickedIds } })
  }
  const again = () => refresh()
  const setStage = async (to: 'archive' | 'restore') => {
    const [there, back] = to === 'archive' ? [archiveRun, restoreRun] : [restoreRun, archiveRun]
    // Before the answers: they may come when something else is in sight.
    tick([])
    const { done, failure } = await forEachRun(tickedIds, there)
    if (failure) sayFailure(`${plural(tickedIds.length - done.length, 'run')} of ${tickedIds.length} did not follow`, failure)
    if (done.length > 0) {
      say(`${to === 'archive' ? 'Archived' : 'Restored'} ${plural(done.length, 'run')}.`, () => forEachRun(done, back).then(again))
    }
    again()
  }
  const groupsAsked = search.group ? { ...matching, by: search.group, columns: groupColumns(columns), ...(search.group_order ? { order: search.group_order } : {}) } : undefined
  const download = async () => {
    try {
      if (groupsAsked) {
        saveFile(await exportGroups(groupsAsked), `experiment-${id}-groups.csv`)
        return
      }
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
  const refused = grouped ? count.error : table.error
  const problem = refused instanceof ApiError && refused.status === 400 && search.filter ? refused.message : undefined
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
                { label: 'Show the API call', icon: Terminal, run: () => setCall(groupsAsked ? groupCallOf(groupsAsked) : callOf(asked)) },
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
      <ViewTabs experiment={id} views={views} shown={search.view} />
      <div className={`card flex h-[calc(100dvh-12rem)] min-h-80 flex-col ${hasTabs ? 'md:h-[calc(100dvh-10.5rem)]' : 'md:h-[calc(100dvh-7.5rem)]'}`}>
        <div className="flex flex-wrap items-start gap-2 border-b border-line p-2">
          <FilterBar
            value={search.filter ?? ''}
            onChange={(filter) => set({ filter: filter || undefined })}
            fields={(text) => fieldsOf(names.data, text)}
            placeholder="Filter: metrics.loss < 0.5, or part of a name"
            problem={problem}
          />
          <StageSwitch stage={search.stage ?? 'active'} onChange={(stage) => set({ stage, run: undefined })} />
          <StarChip filter={search.filter ?? ''} onChange={(filter) => set({ filter: filter || undefined })} />
          <ColumnPicker experiment={id} columns={columnIds} onChange={(next) => set({ column: next })} />
          <GroupPicker experiment={id} group={search.group} onChange={(group) => set({ group, group_order: undefined, open: undefined })} />
          <BestPicker experiment={id} best={search.best} better={search.best ? better : undefined} onChange={(metric, way) => set({ best: metric, better: way })} />
          <ViewMenu
            experiment={id}
            views={views}
            search={search}
            usualColumns={columnIds}
            onOpen={(view) => goTo(() => searchOfView(view))}
            onSearch={put}
          />
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
              <Button icon={Star} onClick={() => void star(tickedIds, !areStarred())}>
                {allStarred ? 'Unstar' : 'Star'}
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
            <>
              <span className="text-ink-2">
                {count.data ? `${formatCount(count.data.runs, !count.data.more)} ${count.data.runs === 1 ? 'run' : 'runs'}` : ' '}
                {search.filter ? ' match' : ''}
              </span>
              {(count.data?.runs ?? 0) > 1 && !archived && (
                <Link to="/compare" search={{ experiment: id, ...(search.filter ? { filter: search.filter } : {}) }} className="text-accent hover:underline">
                  Compare them all
                </Link>
              )}
            </>
          )}
          {search.best && <BestLine best={search.best} better={better} found={best.found} onClear={() => set({ best: undefined, better: undefined })} />}
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
        {search.group && !views.coming ? (
          <GroupTable
            experiment={id}
            by={search.group}
            search={search}
            asked={asked}
            columns={columns}
            runColumns={shown}
            onSearch={set}
            ticked={ticked}
            onTick={tick}
            onOpenRun={(run) => void navigate({ to: '/runs/$id', params: { id: run } })}
            onReading={setReading}
            onStarKey={starKey}
            version={version}
          />
        ) : table.error && !problem ? (
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
            rowKeys={[{ key: 's', says: 'Star the row, or the ticked ones', run: starKey }]}
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

function groupCallOf(asked: GroupsAsked): ApiCall {
  const { path, query } = runGroupsUrl(asked)
  return { method: 'GET', url: location.origin + urlOf(path, query) }
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
