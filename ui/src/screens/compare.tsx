// What is different?

import { useQueries } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Download, GitCompareArrows } from 'lucide-react'
import { useMemo } from 'react'
import { useTopics } from '../api/changes.ts'
import { record, runQuery, type Run } from '../api/tracking.ts'
import { Button, buttonClass, Empty, ErrorState, PageHeader, Skeleton } from '../components/basics.tsx'
import { saveFile } from '../components/save-file.ts'
import { toCsv } from '../lib/csv.ts'
import { diffRows } from '../lib/diff.ts'
import { plural } from '../lib/format.ts'
import { MOST_COMPARED, type CompareSearch } from '../lib/search-params.ts'
import { Curves } from './compare-curves.tsx'
import { codeAndTags, Difference, Environment } from './compare-diff.tsx'
import { Plots, usePool } from './compare-plots.tsx'

const route = getRouteApi('/compare')

export function Compare() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/compare' })
  const ids = useMemo(() => (search.run ?? []).slice(0, MOST_COMPARED), [search.run])
  const found = useQueries({ queries: ids.map(runQuery) })
  useTopics(useMemo(() => ids.map((id) => `run:${id}`), [ids]))
  const set = (patch: CompareSearch, replace = false) => void navigate({ search: (old) => ({ ...old, ...patch }), replace, resetScroll: false })
  const runs = found.flatMap(({ data }) => data ?? [])
  const pool = usePool(search, runs)

  const failure = found.find(({ error }) => error)
  if (ids.length === 0 && !search.experiment) {
    return (
      <Empty
        icon={GitCompareArrows}
        title="Nothing to compare yet"
        actions={
          <Link to="/experiments" className={buttonClass('primary')}>
            Go to Experiments
          </Link>
        }
      >
        Tick runs in an experiment and press c.
      </Empty>
    )
  }
  if (failure) return <ErrorState error={failure.error} what="One of the runs could not be read" onRetry={() => found.forEach((query) => void query.refetch())} />
  const isWhole = runs.length === ids.length
  if (!isWhole && !search.experiment) return <Skeleton lines={8} />
  const experiment = search.experiment ?? runs[0]!.info.experiment_id
  return (
    <>
      <PageHeader
        above={
          <Link to="/experiments/$id" params={{ id: experiment }} search={{ ...(ids.length > 0 ? { run: ids } : {}), ...(search.filter ? { filter: search.filter } : {}) }} className="hover:underline">
            Back to the runs
          </Link>
        }
        title={search.experiment ? 'Compare all runs' : `Compare ${plural(ids.length, 'run')}`}
        actions={
          <>
            <label className="flex items-center gap-1.5 text-sm">
              <input type="checkbox" checked={search.all !== true} onChange={(event) => set({ all: event.target.checked ? undefined : true })} />
              Only what differs
            </label>
            {runs.length > 0 && (
              <Button icon={Download} onClick={() => saveFile(new Blob([csvOf(runs)], { type: 'text/csv' }), 'compare.csv')}>
                CSV
              </Button>
            )}
          </>
        }
      >
        {search.experiment && search.filter && <p className="text-sm text-ink-2">that match <code className="font-mono text-xs break-all">{search.filter}</code></p>}
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {search.experiment ? (
          <>
            <Plots pool={pool} search={search} mostChosen={MOST_COMPARED} onSearch={set} />
            {ids.length === 0 ? <p className="text-ink-2">Choose runs in the plots to see their curves and what differs between them.</p> : isWhole ? <Chosen runs={runs} search={search} onSearch={set} /> : <Skeleton lines={8} />}
          </>
        ) : (
          <Chosen runs={runs} search={search} onSearch={set} plots={<Plots pool={pool} search={search} mostChosen={MOST_COMPARED} onSearch={set} />} />
        )}
      </div>
    </>
  )
}

const metricsOf = (run: Run) => Object.fromEntries((run.data.metrics ?? []).map(({ key, value }) => [key, String(value)]))
const tagsOf = (run: Run) => codeAndTags(record(run.data.tags))

function Chosen({ runs, search, onSearch, plots }: { runs: readonly Run[]; search: CompareSearch; onSearch: (patch: CompareSearch, replace?: boolean) => void; plots?: React.ReactNode }) {
  const metrics = diffRows(runs.map(metricsOf))
  const data = diffRows(
    runs.map((run) =>
      Object.fromEntries(
        (run.inputs?.dataset_inputs ?? []).flatMap(({ dataset, tags }) => {
          const context = record(tags)['mlflow.data.context']
          return [
            [dataset.name, `${dataset.digest}${context ? ` (${context})` : ''}`],
            [`${dataset.name} · source`, `${dataset.source_type} ${dataset.source}`],
          ]
        }),
      ),
    ),
  )
  const all = search.all === true
  return (
    <>
      <Curves runs={runs} metrics={metrics.map(({ key }) => key)} search={search} onSearch={onSearch} />
      {plots}
      <Difference title="Metrics, last values" runs={runs} rows={metrics} all={all} numeric onRemove={(id) => onSearch({ run: runs.map(({ info }) => info.run_id).filter((each) => each !== id) })} />
      <Difference title="Params" runs={runs} rows={diffRows(runs.map((run) => record(run.data.params)))} all={all} />
      <Difference title="Data" runs={runs} rows={data} all={all} nothing="None of them named the data it read." />
      <Difference title="Code" runs={runs} rows={diffRows(runs.map((run) => tagsOf(run).code))} all={all} nothing="None of them recorded its code." />
      <Environment runs={runs} all={all} />
      <Difference title="Tags" runs={runs} rows={diffRows(runs.map((run) => tagsOf(run).others))} all={all} />
    </>
  )
}

function csvOf(runs: readonly Run[]): string {
  const parts = [metricsOf, (run: Run) => record(run.data.params), (run: Run) => record(run.data.tags)].map((part) => diffRows(runs.map(part)))
  return toCsv([['', ...runs.map(({ info }) => info.run_id)], ['run', ...runs.map(({ info }) => info.run_name)], ...parts.flatMap((rows) => rows.map((row) => [row.key, ...row.values]))])
}
