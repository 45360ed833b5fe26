// What is different?

import { useQueries } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Download, GitCompareArrows, LineChart, X } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTopics } from '../api/changes.ts'
import { record, runQuery, type Run } from '../api/tracking.ts'
import { Button, buttonClass, Empty, ErrorState, IconButton, PageHeader, Section, Skeleton, Status } from '../components/basics.tsx'
import { Stroke } from '../components/chart.tsx'
import { ChartControls } from '../components/chart-controls.tsx'
import { MetricChart } from '../components/metric-chart.tsx'
import { saveFile } from '../components/save-file.ts'
import { toCsv } from '../lib/csv.ts'
import { diffRows, type DiffRow } from '../lib/diff.ts'
import { formatDateTime, formatDuration, formatNumber, toNumber } from '../lib/format.ts'
import type { CompareSearch } from '../lib/search-params.ts'

const route = getRouteApi('/compare')
const CHARTS = 12

export function Compare() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/compare' })
  const ids = search.run ?? []
  const found = useQueries({ queries: ids.map(runQuery) })
  useTopics(useMemo(() => ids.map((id) => `run:${id}`), [ids.join(' ')]))
  const [charts, setCharts] = useState(CHARTS)
  const set = (patch: CompareSearch, replace = false) => void navigate({ search: (old) => ({ ...old, ...patch }), replace })

  const failure = found.find(({ error }) => error)
  const runs = found.flatMap(({ data }) => data ?? [])
  const chartRuns = useMemo(
    () => runs.map(({ info }, i) => ({ id: info.run_id, label: info.run_name, color: i, running: info.status === 'RUNNING' })),
    [runs.map(({ info }) => `${info.run_id} ${info.run_name} ${info.status}`).join('\n')],
  )
  if (ids.length === 0) {
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
  if (runs.length < ids.length) return <Skeleton lines={8} />

  const metrics = diffRows(runs.map((run) => Object.fromEntries((run.data.metrics ?? []).map(({ key, value }) => [key, String(value)]))))
  const params = diffRows(runs.map((run) => record(run.data.params)))
  const tags = diffRows(runs.map((run) => record((run.data.tags ?? []).filter(({ key }) => key !== 'mlflow.note.content' && key !== 'mlflow.runName'))))
  const data = diffRows(runs.map((run) => Object.fromEntries((run.inputs?.dataset_inputs ?? []).map(({ dataset }) => [dataset.name, dataset.digest]))))
  const wanted = (search.metric ?? '').toLowerCase()
  const drawn = metrics.map(({ key }) => key).filter((key) => key.toLowerCase().includes(wanted))
  const csv = () => {
    const head = ['', ...runs.map(({ info }) => info.run_id)]
    const rows = [['run', ...runs.map(({ info }) => info.run_name)], ...[metrics, params, tags].flatMap((part) => part.map((row) => [row.key, ...row.values]))]
    saveFile(new Blob([toCsv([head, ...rows])], { type: 'text/csv' }), 'compare.csv')
  }
  return (
    <>
      <PageHeader
        above={
          <Link to="/experiments/$id" params={{ id: runs[0]!.info.experiment_id }} search={{ run: ids }} className="hover:underline">
            Back to the runs
          </Link>
        }
        title={`Compare ${ids.length} runs`}
        actions={
          <>
            <label className="flex items-center gap-1.5 text-sm">
              <input type="checkbox" checked={search.all === true} onChange={(event) => set({ all: event.target.checked || undefined })} />
              Also what is equal
            </label>
            <Button icon={Download} onClick={csv}>
              CSV
            </Button>
          </>
        }
      />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <Section title="Curves" actions={<ChartControls search={search} onChange={set} />}>
          {metrics.length > CHARTS && (
            <input type="search" aria-label="Find a metric" placeholder={`Find one of ${metrics.length} metrics`} value={search.metric ?? ''} onChange={(event) => set({ metric: event.target.value || undefined }, true)} className="field mb-3 w-full sm:max-w-xs" />
          )}
          {drawn.length === 0 ? (
            <Empty icon={LineChart} title={wanted ? 'No metric has this in its name' : 'These runs logged no metric'} />
          ) : (
            <ul className="grid gap-x-6 gap-y-5 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
              {drawn.slice(0, charts).map((key) => (
                <li key={key} className="min-w-0">
                  <h3 className="truncate font-semibold" title={key}>
                    {key}
                  </h3>
                  <MetricChart metric={key} runs={chartRuns} search={search} legend onZoom={(range) => set({ zoom: range?.join(',') })} />
                </li>
              ))}
            </ul>
          )}
          {drawn.length > charts && (
            <div className="mt-3 text-center">
              <Button onClick={() => setCharts(charts + CHARTS)}>Show more curves</Button>
            </div>
          )}
        </Section>
        <Difference title="Metrics, last values" runs={runs} rows={metrics} all={search.all === true} numeric onRemove={(id) => set({ run: ids.filter((each) => each !== id) })} />
        <Difference title="Params" runs={runs} rows={params} all={search.all === true} />
        <Difference title="Data" runs={runs} rows={data} all={search.all === true} />
        <Difference title="Tags, code and environment" runs={runs} rows={tags} all={search.all === true} />
      </div>
    </>
  )
}

function Difference({ title, runs, rows, all, numeric = false, onRemove }: { title: string; runs: readonly Run[]; rows: readonly DiffRow[]; all: boolean; numeric?: boolean; onRemove?: (id: string) => void }) {
  const shown = all ? rows : rows.filter(({ differs }) => differs)
  const equal = rows.length - rows.filter(({ differs }) => differs).length
  return (
    <Section title={title} actions={<span className="text-sm text-ink-3">{equal > 0 && !all ? `${equal} equal` : ''}</span>}>
      {shown.length === 0 ? (
        <p className="text-ink-2">{rows.length === 0 ? 'None of them has any.' : 'They are all equal.'}</p>
      ) : (
        <div className="-m-3.5 overflow-x-auto" tabIndex={0} role="group" aria-label={title}>
          <table className="table-fixed text-sm" style={{ width: `${9 + runs.length * 12}rem` }}>
            <thead>
              <tr className="border-b border-line align-top">
                <th scope="col" className="sticky left-0 z-10 w-36 bg-surface px-3.5 py-2 text-left text-xs font-semibold text-ink-2 sm:w-60">
                  Name
                </th>
                {runs.map(({ info }, i) => (
                  <th key={info.run_id} scope="col" className={`w-48 px-2.5 py-2 font-medium ${numeric ? 'text-right' : 'text-left'}`}>
                    <span className={`flex items-center gap-1.5 ${numeric ? 'justify-end' : ''}`}>
                      <Stroke color={i} />
                      <Link to="/runs/$id" params={{ id: info.run_id }} title={info.run_name} className="min-w-0 max-w-40 truncate text-accent hover:underline">
                        {info.run_name}
                      </Link>
                      {onRemove && runs.length > 1 && <IconButton label={`Leave out ${info.run_name}`} icon={X} onClick={() => onRemove(info.run_id)} className="size-6!" />}
                    </span>
                    {onRemove && (
                      <span className="mt-1 block text-xs font-normal text-ink-3">
                        <Status status={info.status} /> <span title={formatDateTime(info.start_time, true)}>{info.end_time ? formatDuration(info.end_time - info.start_time) : ''}</span>
                      </span>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.key} className="border-b border-line last:border-0">
                  <th scope="row" className="sticky left-0 z-10 bg-surface px-3.5 py-1.5 text-left font-medium break-words text-ink-2">
                    {row.key}
                  </th>
                  {row.values.map((value, i) => (
                    <td key={runs[i]!.info.run_id} className={`max-w-64 px-2.5 py-1.5 align-top break-words ${numeric ? 'text-right' : ''} ${row.differs ? '' : 'text-ink-3'}`}>
                      {value === undefined ? <span className="text-ink-3">–</span> : numeric ? <span title={value}>{formatNumber(toNumber(value) ?? Number.NaN)}</span> : value}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}
