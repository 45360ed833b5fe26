// Tables, filters and charts of the gallery, with rows and curves that are computed, the same each time.

import { useMemo, useState } from 'react'
import { Status } from '../components/basics.tsx'
import { Chart, type ChartCurve } from '../components/chart.tsx'
import { ChartControls } from '../components/chart-controls.tsx'
import { FilterBar } from '../components/filter-bar.tsx'
import { SignatureTable } from '../components/signature-table.tsx'
import { Sparkline } from '../components/sparkline.tsx'
import { Table, type TableColumn } from '../components/table.tsx'
import { say } from '../components/toasts.tsx'
import { TrafficBar } from '../components/traffic-bar.tsx'
import { nextOrder, parseOrder } from '../lib/columns.ts'
import { formatNumber } from '../lib/format.ts'
import { rangeOf, type ChartSearch } from '../lib/search-params.ts'
import { Shown } from './gallery-part.tsx'

const ROWS = 100_000
const STATES = ['FINISHED', 'FINISHED', 'FINISHED', 'RUNNING', 'FAILED', 'KILLED']

interface Row {
  at: number
  name: string
  status: string
}

const PINNED: TableColumn<Row>[] = [
  { id: 'name', label: 'Run', width: 150, pinned: true, orderField: 'name', render: (row) => <span className="truncate font-medium">{row.name}</span> },
  { id: 'status', label: 'Status', width: 110, render: (row) => <Status status={row.status} /> },
]

const COLUMNS: TableColumn<Row>[] = [
  ...PINNED,
  ...Array.from({ length: 40 }, (_, i): TableColumn<Row> => ({ id: `m${i}`, label: `metric ${i}`, width: 110, numeric: true, orderField: `m${i}`, render: (row) => formatNumber(numberOf(row.at, i)) })),
]

function numberOf(row: number, column: number): number {
  return Math.round((Math.sin(row * 12.9898 + column * 78.233) + 1) * 5e5) / 1e6
}

export function DataParts() {
  return (
    <>
      <Shown wide title="Table" use="For anything there may be many of. Only the rows and columns in sight are in the document: this one has 100,000 rows and 42 columns. Columns are sorted, resized and walked by keys; the first stays where it is.">
        <BigTable />
      </Shown>
      <Shown wide title="Filter bar" use="Where people ask in the grammar of MLflow's search. Its chips are the clauses of the text: a click edits one.">
        <Filters />
      </Shown>
      <Shown wide title="Chart" use="Curves over steps or time, reduced by the server to the width. Drag to zoom; smoothing keeps the raw line in sight; dashes tell more than eight colours apart.">
        <Curves />
      </Shown>
      <Shown title="At a glance" use="A curve and shares for a row of a table. Both say in words what they draw; a place without a number is a gap.">
        <div className="flex flex-wrap items-center gap-6">
          <Sparkline label="Requests, at most 40 a second" values={Array.from({ length: 60 }, (_, i) => 20 + 20 * Math.sin(i / 6))} />
          <Sparkline label="Latency, with a gap" tone="series-2" values={Array.from({ length: 60 }, (_, i) => (i > 20 && i < 30 ? null : 5 + (i % 7)))} />
          <Sparkline label="Errors" tone="bad" values={Array.from({ length: 60 }, (_, i) => (i % 17 === 0 ? 1 : 0))} />
          <TrafficBar parts={[{ name: 'v1', label: 'v1', weight: 80, color: 0 }, { name: 'v2', label: 'v2', weight: 20, color: 1 }]} />
        </div>
      </Shown>
      <Shown title="Signature" use="What a model takes and gives.">
        <SignatureTable
          signature={{
            inputs: [
              { name: 'tenure', type: 'long', optional: false },
              { name: 'plan', type: 'string', optional: true },
            ],
            outputs: [{ name: '', type: 'float64 [-1]', optional: false }],
            params: [],
          }}
        />
      </Shown>
    </>
  )
}

function BigTable() {
  const [order, setOrder] = useState<string>()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const rows = useMemo(() => {
    const all = Array.from({ length: ROWS }, (_, at): Row => ({ at, name: `run-${String(at).padStart(6, '0')}`, status: STATES[at % STATES.length]! }))
    const by = parseOrder(order)
    if (!by) return all
    const sign = by.descending ? -1 : 1
    const column = Number(by.field.slice(1))
    return by.field === 'name' ? (by.descending ? all.reverse() : all) : all.sort((a, b) => sign * (numberOf(a.at, column) - numberOf(b.at, column)))
  }, [order])
  return (
    <div className="-mx-3.5 -mb-3.5 flex h-96 flex-col border-t border-line">
      <Table
        name="gallery"
        label="Rows of the gallery"
        rows={rows}
        idOf={(row) => row.name}
        columns={COLUMNS}
        order={order}
        onOrder={(column) => setOrder(nextOrder(order, column.orderField!, column.numeric === true))}
        selected={selected}
        onSelect={(ids) => setSelected(new Set(ids))}
        onOpen={(row) => say(`Would open ${row.name}.`)}
        more={false}
        onMore={() => {}}
        total={ROWS}
      />
    </div>
  )
}

function Filters() {
  const [filter, setFilter] = useState("metrics.loss < 0.5 and params.model = 'tree'")
  return (
    <div className="grid gap-3">
      <FilterBar value={filter} onChange={setFilter} placeholder="metrics.loss < 0.5" fields={(text) => ['metrics.loss', 'metrics.auc', 'params.model', 'tags.team'].filter((field) => field.includes(text)).map((field) => ({ text: `${field} `, hint: 'example' }))} />
      <FilterBar value="metrics.loss LIKE 3" onChange={() => {}} placeholder="" problem="The server's words about a filter it does not take stand below the bar." fields={() => []} />
    </div>
  )
}

function Curves() {
  const [search, setSearch] = useState<ChartSearch>({ smooth: '0.8' })
  const curves = useMemo(
    () =>
      Array.from({ length: 10 }, (_, run): ChartCurve => {
        const xs = Array.from({ length: 240 }, (_, i) => i * 5)
        return { id: `run-${run}`, label: `run ${run}`, color: run, xs, ys: xs.map((x, i) => (run === 3 && i > 90 && i < 110 ? null : Math.exp(-x / (250 + run * 60)) + 0.05 * run + 0.06 * Math.sin(i * 12.9898 + run * 78.233))) }
      }),
    [],
  )
  return (
    <>
      <div className="mb-3">
        <ChartControls search={search} onChange={(patch) => setSearch((old) => ({ ...old, ...patch }))} />
      </div>
      <Chart label="An example of a chart" curves={curves} x={search.x ?? 'step'} log={search.log === true} smoothing={Number(search.smooth ?? 0)} zoom={rangeOf(search.zoom)} onZoom={(range) => setSearch((old) => ({ ...old, zoom: range?.join(',') }))} onWidth={() => {}} height={240} legend />
    </>
  )
}
