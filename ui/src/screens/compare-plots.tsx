// Many runs at once: parallel coordinates, scatter and contour, of the chosen runs or of all that match a filter.

import { useQuery } from '@tanstack/react-query'
import { SlidersHorizontal } from 'lucide-react'
import { useMemo, useState } from 'react'
import { groupRunsQuery, runColumnsQuery, runCountQuery, type ColumnNames } from '../api/runs.ts'
import type { Run } from '../api/tracking.ts'
import { Button, ErrorState, Section, Skeleton } from '../components/basics.tsx'
import { Popup } from '../components/menu.tsx'
import { axesOf, Parallel, within } from '../components/parallel.tsx'
import type { Field, PlotRun } from '../components/plot.tsx'
import { Contour, Scatter } from '../components/scatter.tsx'
import { columnId, columnLabel, parseColumn } from '../lib/columns.ts'
import { formatCount, plural, toNumber } from '../lib/format.ts'
import { brushTexts, numberOf, parseBrushes, type Value } from '../lib/plot.ts'
import type { CompareSearch } from '../lib/search-params.ts'

export const MOST_PLOTTED = 1000
const USUAL_PARAMS = 12
const USUAL_METRICS = 6

export interface Pool {
  runs: PlotRun[]
  /** All names there are. */
  fields: Field[]
  /** Runs that match, when there are more than are plotted. */
  more: string | undefined
  error: unknown
  isPending: boolean
  retry: () => void
}

function fieldOf(id: string): Field {
  const column = parseColumn(id)
  return { id, label: column ? columnLabel(column) : id }
}

/** The runs that are looked at: all that match a filter of an experiment, else those that are chosen. */
export function usePool(search: CompareSearch, chosen: readonly Run[]): Pool {
  const experiment = search.experiment ?? ''
  const colors = useMemo(() => new Map((search.run ?? []).map((id, i) => [id, i])), [search.run])
  const names = useQuery({ ...runColumnsQuery(experiment), enabled: experiment !== '' })
  const asked = useMemo(() => [...new Set([...usualFields(names.data), ...named(search)])].slice(0, 200), [names.data, search])
  const filter = search.filter ? { filter: search.filter } : {}
  const found = useQuery({ ...groupRunsQuery({ experiment, columns: asked, archived: false, ...filter }, MOST_PLOTTED), enabled: experiment !== '' && names.data !== undefined })
  const count = useQuery({ ...runCountQuery(experiment, search.filter, false), enabled: experiment !== '' })
  const signature = chosen.map((run) => `${run.info.run_id} ${run.info.run_name} ${JSON.stringify(run.data.metrics)}`).join('\n')
  const runs = useMemo((): PlotRun[] => {
    if (experiment === '') {
      return chosen.map((run) => ({ id: run.info.run_id, name: run.info.run_name, color: colors.get(run.info.run_id), values: valuesOf(run) }))
    }
    return (found.data ?? []).map((row) => ({
      id: row.id,
      name: row.name,
      color: colors.get(row.id),
      values: new Map([...row.cells].flatMap(([id, cell]) => (cell === null ? [] : [[id, id.startsWith('metrics.') ? (toNumber(cell) ?? cell) : cell] as const]))),
    }))
  }, [experiment, found.data, signature, colors])
  const fields = useMemo(
    () => (experiment === '' ? [...new Set(runs.flatMap((run) => [...run.values.keys()]))] : names.data ? [...ids(names.data, 'params', 1000), ...ids(names.data, 'metrics', 1000)] : []).sort((a, b) => Number(a.startsWith('metrics')) - Number(b.startsWith('metrics')) || a.localeCompare(b)).map(fieldOf),
    [experiment, names.data, runs],
  )
  return {
    runs,
    fields,
    more: count.data && count.data.runs > MOST_PLOTTED ? formatCount(count.data.runs, !count.data.more) : undefined,
    error: names.error ?? found.error,
    isPending: experiment !== '' && !found.data,
    retry: () => void Promise.all([names.refetch(), found.refetch()]),
  }
}

function valuesOf(run: Run): Map<string, Value> {
  const values = new Map<string, Value>()
  for (const { key, value } of run.data.params ?? []) values.set(columnId('param', key), value)
  for (const { key, value } of run.data.metrics ?? []) {
    const number = toNumber(value)
    if (number !== undefined && Number.isFinite(number)) values.set(columnId('metric', key), number)
  }
  return values
}

function ids(names: ColumnNames, kind: 'params' | 'metrics', most: number): string[] {
  return [...names[kind]]
    .filter(({ system }) => !system)
    .sort((a, b) => b.runs - a.runs || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(({ name }) => columnId(kind === 'params' ? 'param' : 'metric', name))
}

function usualFields(names: ColumnNames | undefined): string[] {
  return names ? [...ids(names, 'params', USUAL_PARAMS), ...ids(names, 'metrics', USUAL_METRICS)] : []
}

/** What the address asks for. */
function named(search: CompareSearch): string[] {
  return [...(search.axis ?? []), ...parseBrushes(search.brush).map(({ axis }) => axis), search.sx, search.sy, search.sc, search.cx, search.cy, search.cz].filter((id): id is string => id !== undefined && parseColumn(id) !== undefined)
}

/** Fields in which the runs differ, params before metrics; system metrics only when asked for. */
function differing(runs: readonly PlotRun[], fields: readonly Field[]): Field[] {
  return fields.filter(({ id }) => {
    if (/^metrics\.[`"]?system\//.test(id)) return false
    return new Set(runs.map((run) => run.values.get(id))).size > 1
  })
}

interface PlotsProps {
  pool: Pool
  search: CompareSearch
  mostChosen: number
  onSearch: (patch: CompareSearch, replace?: boolean) => void
}

export function Plots({ pool, search, mostChosen, onSearch }: PlotsProps) {
  const { runs, fields } = pool
  const differ = useMemo(() => differing(runs, fields), [runs, fields])
  const isMetric = ({ id }: Field) => id.startsWith('metrics.')
  const [params, metrics] = [differ.filter((field) => !isMetric(field)), differ.filter(isMetric)]
  const brushes = useMemo(() => parseBrushes(search.brush), [search.brush])
  const axes = useMemo(() => {
    if (search.axis) return search.axis.map(fieldOf)
    const usual = [...params.slice(0, 5), ...metrics.slice(0, 3)]
    // A range that counts must be in sight.
    return [...usual, ...brushes.filter(({ axis }) => usual.every(({ id }) => id !== axis)).map(({ axis }) => fieldOf(axis))]
  }, [search.axis, differ, brushes])
  const inRange = useMemo(() => {
    const all = axesOf(runs, axes)
    return runs.filter((run) => within(run, brushes, all))
  }, [runs, axes, brushes])
  const choose = (id: string) => {
    const old = search.run ?? []
    const next = old.includes(id) ? old.filter((each) => each !== id) : [...old, id].slice(-mostChosen)
    // Of chosen runs alone the last must stay, or nothing is left to look at.
    if (search.experiment || next.length > 0) onSearch({ run: next.length > 0 ? next : undefined }, true)
  }
  const isNumber = ({ id }: Field) => runs.some((run) => numberOf(run.values.get(id)) !== undefined) && runs.every((run) => run.values.get(id) === undefined || numberOf(run.values.get(id)) !== undefined)
  const numbers = params.filter(isNumber)
  const pick = (id: string | undefined, ...usual: (Field | undefined)[]) => (id ? fieldOf(id) : usual.find((field) => field !== undefined))
  const sx = pick(search.sx, numbers[0], params[0], metrics[1], fields[0])
  const sy = pick(search.sy, metrics[0], params[1], fields[1])
  const sc = search.sc === 'none' ? undefined : pick(search.sc, metrics[1], params.find(({ id }) => id !== sx?.id))
  const cx = pick(search.cx, numbers[0], params[0], fields[0])
  const cy = pick(search.cy, numbers[1], params[1], fields[1])
  const cz = pick(search.cz, metrics[0], fields.find(isMetric))

  if (pool.error) return <ErrorState error={pool.error} what="The runs could not be read" onRetry={pool.retry} />
  if (pool.isPending) return <Skeleton lines={8} label="Loading the runs" />
  if (runs.length < 2 || fields.length < 2) return null
  return (
    <>
      <Section
        title="Parallel coordinates"
        actions={
          <>
            {brushes.length > 0 && (
              <>
                <Button disabled={inRange.length === 0 || inRange.length > mostChosen} title={inRange.length > mostChosen ? `At most ${mostChosen} runs have curves and differences` : undefined} onClick={() => onSearch({ run: inRange.map(({ id }) => id) })}>
                  Choose these {inRange.length}
                </Button>
                <Button kind="quiet" onClick={() => onSearch({ brush: undefined })}>
                  All ranges off
                </Button>
              </>
            )}
            <AxisPicker fields={fields} axes={axes} onChange={(axis) => onSearch({ axis, ...(axis ? { brush: search.brush?.filter((text) => parseBrushes([text]).some((brush) => axis.includes(brush.axis))) } : {}) })} />
          </>
        }
      >
        <p className="mb-2 text-sm text-ink-2">
          {pool.more ? `The newest ${formatCount(MOST_PLOTTED)} of ${pool.more} runs that match. Filter to see others.` : search.axis ? '' : axes.length > 0 ? 'Where these runs differ.' : ''}
        </p>
        {axes.length === 0 ? <p className="text-ink-2">These runs do not differ in any param or metric.</p> : <Parallel runs={runs} fields={axes} brushes={brushes} onBrushes={(next) => onSearch({ brush: next.length > 0 ? next.flatMap(brushTexts) : undefined })} onChoose={choose} />}
      </Section>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-[repeat(2,minmax(0,1fr))]">
        <Section title="Scatter">
          <div className="mb-2 flex flex-wrap gap-2">
            <FieldSelect label="X" fields={fields} value={sx?.id} onChange={(id) => onSearch({ sx: id })} />
            <FieldSelect label="Y" fields={fields} value={sy?.id} onChange={(id) => onSearch({ sy: id })} />
            <FieldSelect label="Colour" fields={fields} value={sc?.id} none onChange={(id) => onSearch({ sc: id ?? 'none' })} />
          </div>
          {sx && sy && <Scatter runs={runs} x={sx} y={sy} color={sc} onChoose={choose} />}
        </Section>
        <Section title="Contour">
          <div className="mb-2 flex flex-wrap gap-2">
            <FieldSelect label="X" fields={fields} value={cx?.id} onChange={(id) => onSearch({ cx: id })} />
            <FieldSelect label="Y" fields={fields} value={cy?.id} onChange={(id) => onSearch({ cy: id })} />
            <FieldSelect label="Height" fields={fields} value={cz?.id} onChange={(id) => onSearch({ cz: id })} />
          </div>
          {cx && cy && cz ? <Contour runs={runs} x={cx} y={cy} z={cz} onChoose={choose} /> : <p className="text-ink-2">A contour needs two params and a metric.</p>}
        </Section>
      </div>
    </>
  )
}

function FieldSelect({ label, fields, value, none = false, onChange }: { label: string; fields: readonly Field[]; value: string | undefined; none?: boolean; onChange: (id: string | undefined) => void }) {
  const known = value === undefined || fields.some(({ id }) => id === value) ? fields : [...fields, fieldOf(value)]
  const group = (prefix: string, title: string) => {
    const found = known.filter(({ id }) => id.startsWith(prefix))
    return (
      found.length > 0 && (
        <optgroup label={title}>
          {found.map((field) => (
            <option key={field.id} value={field.id}>
              {field.label}
            </option>
          ))}
        </optgroup>
      )
    )
  }
  return (
    <label className="flex min-w-0 items-center gap-1.5 text-sm">
      {label}
      <select className="field w-40 min-w-0" value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)}>
        {(none || value === undefined) && <option value="">none</option>}
        {group('params.', 'Params')}
        {group('metrics.', 'Metrics')}
      </select>
    </label>
  )
}

const LISTED = 80

function AxisPicker({ fields, axes, onChange }: { fields: readonly Field[]; axes: readonly Field[]; onChange: (axes: string[] | undefined) => void }) {
  const [typed, setTyped] = useState('')
  const found = fields.filter(({ label }) => label.toLowerCase().includes(typed.trim().toLowerCase()))
  const chosen = axes.map(({ id }) => id)
  return (
    <Popup label="Axes" trigger={<Button icon={SlidersHorizontal}>Axes</Button>}>
      <div className="grid max-h-[min(26rem,70dvh)] w-[min(20rem,calc(100vw-4rem))] grid-rows-[auto_minmax(0,1fr)] gap-2">
        <div className="grid gap-2">
          <Button onClick={() => onChange(undefined)}>Back to the usual ones</Button>
          <input type="search" aria-label="Find an axis" placeholder="Find a param or metric" value={typed} onChange={(event) => setTyped(event.target.value)} className="field w-full" />
        </div>
        <ul className="grid content-start gap-0.5 overflow-y-auto" tabIndex={0} aria-label="Axes to choose from">
          {found.slice(0, LISTED).map((field) => (
            <li key={field.id}>
              <label className="flex items-center gap-2 text-sm">
                <input type="checkbox" checked={chosen.includes(field.id)} onChange={() => onChange(chosen.includes(field.id) ? chosen.filter((id) => id !== field.id) : [...chosen, field.id])} />
                <span className="min-w-0 flex-1 truncate" title={field.label}>
                  {field.label}
                </span>
                <span className="text-xs text-ink-3">{field.id.startsWith('metrics.') ? 'metric' : 'param'}</span>
              </label>
            </li>
          ))}
          {found.length > LISTED && <li className="text-xs text-ink-3">{plural(found.length - LISTED, 'more name')}: type part of one.</li>}
        </ul>
      </div>
    </Popup>
  )
}
