// Curves of the chosen runs: over each other or side by side, each run by itself or runs of one kind as a line with a band.

import { LineChart } from 'lucide-react'
import { useMemo, useState } from 'react'
import { record, type Run } from '../api/tracking.ts'
import { Button, Empty, Section } from '../components/basics.tsx'
import { ChartControls } from '../components/chart-controls.tsx'
import { MetricChart, type ChartLine, type ChartRun } from '../components/metric-chart.tsx'
import { groupRuns } from '../lib/bands.ts'
import { plural } from '../lib/format.ts'
import type { CompareSearch } from '../lib/search-params.ts'

const CHARTS = 12

interface CurvesProps {
  runs: readonly Run[]
  metrics: readonly string[]
  search: CompareSearch
  onSearch: (patch: CompareSearch, replace?: boolean) => void
}

export function Curves({ runs, metrics, search, onSearch }: CurvesProps) {
  const [charts, setCharts] = useState(CHARTS)
  const signature = runs.map(({ info }) => `${info.run_id} ${info.run_name} ${info.status}`).join('\n')
  const chartRuns = useMemo(() => runs.map(({ info }, i): ChartRun => ({ id: info.run_id, label: info.run_name, color: i, running: info.status === 'RUNNING' })), [signature])
  const paramsOf = (run: Run) => record(run.data.params)
  const params = [...new Set(runs.flatMap((run) => Object.keys(paramsOf(run))))].sort((a, b) => a.localeCompare(b))
  const band = search.band !== undefined && params.includes(search.band) ? search.band : undefined
  const lines = useMemo(
    () => (band === undefined ? undefined : groupRuns(runs, paramsOf, band, search.band_by ?? 'same').map(({ label, runs: members }, i): ChartLine => ({ label, color: i, runs: members.map(({ info }) => info.run_id) }))),
    [signature, band, search.band_by],
  )
  const wanted = (search.metric ?? '').toLowerCase()
  const drawn = metrics.filter((key) => key.toLowerCase().includes(wanted))
  const side = search.mode === 'side'
  return (
    <Section title="Curves" actions={<ChartControls search={search} onChange={onSearch} />}>
      <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        {metrics.length > CHARTS && (
          <input type="search" aria-label="Find a metric" placeholder={`Find one of ${metrics.length} metrics`} value={search.metric ?? ''} onChange={(event) => onSearch({ metric: event.target.value || undefined }, true)} className="field w-full sm:max-w-xs" />
        )}
        <label className="flex items-center gap-1.5">
          <input type="checkbox" checked={side} onChange={(event) => onSearch({ mode: event.target.checked ? 'side' : undefined })} />
          Side by side
        </label>
        {params.length > 0 && (
          <>
            <label className="flex min-w-0 items-center gap-2">
              One line for
              <select
                className="field max-w-60 min-w-0"
                value={band === undefined ? '' : `${search.band_by ?? 'same'} ${band}`}
                onChange={(event) => {
                  const [, by, param] = /^(same|value) (.*)$/s.exec(event.target.value) ?? []
                  onSearch({ band: param, band_by: by === 'value' ? 'value' : undefined, ...(param === undefined ? { spread: undefined } : {}) })
                }}
              >
                <option value="">each run</option>
                <optgroup label="runs that differ only in">
                  {params.map((param) => (
                    <option key={param} value={`same ${param}`}>
                      all but {param}
                    </option>
                  ))}
                </optgroup>
                <optgroup label="runs with the same">
                  {params.map((param) => (
                    <option key={param} value={`value ${param}`}>
                      same {param}
                    </option>
                  ))}
                </optgroup>
              </select>
            </label>
            {lines && (
              <>
                <label className="flex items-center gap-2">
                  Band
                  <select className="field" value={search.spread ?? 'range'} onChange={(event) => onSearch({ spread: event.target.value === 'sd' ? 'sd' : undefined })}>
                    <option value="range">lowest to highest</option>
                    <option value="sd">± standard deviation</option>
                  </select>
                </label>
                <span className="text-ink-2">
                  {plural(lines.length, 'line')} of {plural(runs.length, 'run')}
                </span>
              </>
            )}
          </>
        )}
      </div>
      {drawn.length === 0 ? (
        <Empty icon={LineChart} title={wanted ? 'No metric has this in its name' : 'These runs logged no metric'} />
      ) : (
        <ul className={`grid gap-x-6 gap-y-5 ${side ? 'grid-cols-[minmax(0,1fr)]' : 'lg:grid-cols-[repeat(2,minmax(0,1fr))]'}`}>
          {drawn.slice(0, charts).map((key) => (
            <li key={key} className="min-w-0">
              <h3 className="truncate font-semibold" title={key}>
                {key}
              </h3>
              <MetricChart metric={key} runs={chartRuns} lines={lines} spread={search.spread ?? 'range'} side={side} search={search} legend onZoom={(range) => onSearch({ zoom: range?.join(',') })} />
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
  )
}
