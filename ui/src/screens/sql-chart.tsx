// The rows of a query as a chart, chosen by a look at their types and changed by hand.

import { useMemo } from 'react'
import type { SqlColumn } from '../api/sql.ts'
import { Empty } from '../components/basics.tsx'
import { FigureView } from '../components/figure-view.tsx'
import { figureOf } from '../lib/figure.ts'
import type { SqlSearch } from '../lib/lake-search.ts'
import { chartFor, CHARTS, figureFor, isNumericType, type ChartChoice, type ChartKind } from '../lib/sql-result.ts'

const KINDS: Record<ChartKind, string> = { line: 'Line', bar: 'Bars', points: 'Points', histogram: 'Histogram' }
const MOST_LINES = 8

export function ResultChart({ columns, rows, search, onChange }: { columns: readonly SqlColumn[]; rows: readonly (readonly unknown[])[]; search: SqlSearch; onChange: (patch: SqlSearch, replace?: boolean) => void }) {
  const choice = chosen(columns, rows.length, search)
  const raw = useMemo(() => choice && figureFor(choice, columns, rows), [JSON.stringify(choice), columns, rows])
  const figure = useMemo(() => figureOf(raw), [raw])
  if (!choice || !figure) return <Empty title="There is no number to draw">A chart needs a column of numbers.</Empty>
  const numbers = columns.flatMap(({ name, type }, i) => (isNumericType(type) ? [{ name, i }] : []))
  const along = choice.kind === 'histogram' ? numbers : columns.map(({ name }, i) => ({ name, i }))
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3 p-3.5">
      <div className="flex flex-wrap items-center gap-3 text-sm">
        <label className="flex items-center gap-1.5">
          Kind
          <select value={choice.kind} onChange={(event) => onChange({ kind: event.target.value as ChartKind }, true)} className="field">
            {CHARTS.map((kind) => (
              <option key={kind} value={kind}>
                {KINDS[kind]}
              </option>
            ))}
          </select>
        </label>
        <label className="flex items-center gap-1.5">
          {choice.kind === 'histogram' ? 'Of' : 'Along'}
          <select value={choice.x} onChange={(event) => onChange({ cx: columns[Number(event.target.value)]!.name }, true)} className="field max-w-48">
            {along.map(({ name, i }) => (
              <option key={i} value={i}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {choice.kind !== 'histogram' && (
          <fieldset className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <legend className="sr-only">Values</legend>
            {numbers.map(({ name, i }) => (
              <label key={i} className="flex items-center gap-1.5">
                <input
                  type="checkbox"
                  checked={choice.ys.includes(i)}
                  onChange={(event) => onChange({ cy: (event.target.checked ? [...choice.ys, i].slice(-MOST_LINES) : choice.ys.filter((each) => each !== i)).map((each) => columns[each]!.name) }, true)}
                />
                {name}
              </label>
            ))}
          </fieldset>
        )}
      </div>
      <FigureView figure={figure} raw={raw} />
    </div>
  )
}

/** What the address says, as far as the result has it. */
function chosen(columns: readonly SqlColumn[], rows: number, search: SqlSearch): ChartChoice | undefined {
  const usual = chartFor(columns, rows)
  if (!usual) return undefined
  const find = (name: string) => columns.findIndex((column) => column.name === name)
  const numeric = (i: number) => i >= 0 && isNumericType(columns[i]!.type)
  const kind = search.kind ?? usual.kind
  const x = search.cx === undefined ? -1 : find(search.cx)
  const ys = (search.cy ?? []).map(find).filter(numeric)
  if (kind === 'histogram') return { kind, x: numeric(x) ? x : numeric(usual.x) ? usual.x : (usual.ys[0] ?? usual.x), ys: [] }
  const usualYs = usual.ys.length > 0 ? usual.ys : [usual.x]
  return { kind, x: x >= 0 ? x : usual.x, ys: ys.length > 0 ? ys : usualYs }
}
