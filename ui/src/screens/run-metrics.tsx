import { LineChart } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { Run } from '../api/tracking.ts'
import { Button, Empty } from '../components/basics.tsx'
import { ChartControls } from '../components/chart-controls.tsx'
import { MetricChart } from '../components/metric-chart.tsx'
import type { RunSearch } from '../lib/search-params.ts'

const SHOWN = 40

export function RunMetrics({ run, search, onChange }: { run: Run; search: RunSearch; onChange: (patch: RunSearch, replace?: boolean) => void }) {
  const [most, setMost] = useState(SHOWN)
  const { info } = run
  const runs = useMemo(() => [{ id: info.run_id, label: info.run_name, color: 0, running: info.status === 'RUNNING' }], [info.run_id, info.run_name, info.status])
  const keys = (run.data.metrics ?? []).map(({ key }) => key)
  const wanted = (search.metric ?? '').toLowerCase()
  const found = keys.filter((key) => key.toLowerCase().includes(wanted)).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  if (keys.length === 0) {
    return (
      <Empty icon={LineChart} title="No metric yet">
        <code className="font-mono text-sm">mlflow.log_metric("loss", 0.5, step=1)</code> logs one; its curve appears here by itself.
      </Empty>
    )
  }
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-x-5 gap-y-2">
        <label className="min-w-0 flex-1 basis-48 sm:max-w-xs">
          <span className="sr-only">Find a metric</span>
          <input type="search" className="field w-full" placeholder={`Find one of ${keys.length} metrics`} value={search.metric ?? ''} onChange={(event) => onChange({ metric: event.target.value || undefined }, true)} />
        </label>
        <ChartControls search={search} onChange={onChange} />
      </div>
      {found.length === 0 ? (
        <Empty title="No metric has this in its name" actions={<Button onClick={() => onChange({ metric: undefined })}>Show all</Button>} />
      ) : (
        <ul className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
          {found.slice(0, most).map((key) => (
            <li key={key} className="card min-w-0 p-3">
              <h2 className="mb-1 truncate font-semibold" title={key}>
                {key}
              </h2>
              <MetricChart metric={key} runs={runs} search={search} onZoom={(range) => onChange({ zoom: range?.join(',') })} />
            </li>
          ))}
        </ul>
      )}
      {found.length > most && (
        <div className="mt-4 text-center">
          <Button onClick={() => setMost(most + SHOWN)}>Show {Math.min(SHOWN, found.length - most)} more</Button>
        </div>
      )}
    </>
  )
}

/** What the machine did stands after what the model did. */
function rank(key: string): number {
  return key.startsWith('system/') ? 1 : 0
}
