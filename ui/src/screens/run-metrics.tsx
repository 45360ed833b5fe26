// The curves of a run: what the model did, and apart from it what the machine did.

import { LineChart } from 'lucide-react'
import { useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Run } from '../api/tracking.ts'
import { Button, Empty } from '../components/basics.tsx'
import { ChartControls } from '../components/chart-controls.tsx'
import { MetricChart } from '../components/metric-chart.tsx'
import { PausedBadge, useReading } from '../components/reading.tsx'
import { isSystem } from '../lib/format.ts'
import type { RunSearch } from '../lib/search-params.ts'

const SHOWN = 40

export function RunMetrics({ run, search, onChange }: { run: Run; search: RunSearch; onChange: (patch: RunSearch, replace?: boolean) => void }) {
  const { info } = run
  const running = info.status === 'RUNNING'
  const { paused, follow } = useReading(running, search.zoom !== undefined)
  const runs = useMemo(() => [{ id: info.run_id, label: info.run_name, color: 0, running }], [info.run_id, info.run_name, running])
  const keys = useHeld(useMemo(() => (run.data.metrics ?? []).map(({ key }) => key), [run.data.metrics]), paused)
  const wanted = (search.metric ?? '').toLowerCase()
  const found = keys.filter((key) => key.toLowerCase().includes(wanted)).sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
  const system = found.filter(isSystem)
  const own = found.filter((key) => !isSystem(key))
  if (keys.length === 0) {
    return (
      <Empty icon={LineChart} title="No metric yet">
        <code className="font-mono text-sm">mlflow.log_metric("loss", 0.5, step=1)</code> logs one; its curve appears here by itself.
      </Empty>
    )
  }
  const charts = { runs, search, paused, onChange }
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-x-5 gap-y-2">
        <label className="min-w-0 flex-1 basis-48 sm:max-w-xs">
          <span className="sr-only">Find a metric</span>
          <input type="search" className="field w-full" placeholder={`Find one of ${keys.length} metrics`} value={search.metric ?? ''} onChange={(event) => onChange({ metric: event.target.value || undefined }, true)} />
        </label>
        <ChartControls search={search} onChange={onChange} />
      </div>
      {found.length === 0 && <Empty title="No metric has this in its name" actions={<Button onClick={() => onChange({ metric: undefined })}>Show all</Button>} />}
      {own.length > 0 && (
        <section aria-label="Metrics">
          <h2 className="sr-only">Metrics</h2>
          <Charts {...charts} keys={own} />
        </section>
      )}
      {system.length > 0 && (
        <section aria-labelledby="system-metrics" className={own.length > 0 ? 'mt-8' : ''}>
          <h2 id="system-metrics" className="text-lg font-semibold">
            System metrics
          </h2>
          <p className="mb-3 text-sm text-ink-2">What the machine did meanwhile, as MLflow's client measured it.</p>
          <Charts {...charts} keys={system} short="system/" />
        </section>
      )}
      {paused && <PausedBadge what={search.zoom ? 'while you look at a part' : 'while you read'} onFollow={follow} />}
    </>
  )
}

interface ChartsProps {
  keys: readonly string[]
  runs: { id: string; label: string; color: number; running: boolean }[]
  search: RunSearch
  paused: boolean
  onChange: (patch: RunSearch) => void
  /** Left out of the titles. */
  short?: string
}

function Charts({ keys, runs, search, paused, onChange, short = '' }: ChartsProps) {
  const [most, setMost] = useState(SHOWN)
  return (
    <>
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
        {keys.slice(0, most).map((key) => (
          <li key={key} className="card min-w-0 p-3">
            <h3 className="mb-1 truncate font-semibold" title={key}>
              {short && key.startsWith(short) ? key.slice(short.length).replaceAll('_', ' ') : key}
            </h3>
            <MetricChart metric={key} runs={runs} search={search} paused={paused} onZoom={(range) => onChange({ zoom: range?.join(',') })} />
          </li>
        ))}
      </ul>
      {keys.length > most && (
        <div className="mt-4 text-center">
          <Button onClick={() => setMost(most + SHOWN)}>Show {Math.min(SHOWN, keys.length - most)} more</Button>
        </div>
      )}
    </>
  )
}

/** What it was when it began to be held. */
function useHeld<T>(value: T, held: boolean): T {
  const last = useRef(value)
  useLayoutEffect(() => {
    if (!held) last.current = value
  })
  return held ? last.current : value
}
