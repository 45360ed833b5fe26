// What breaks if it changes, or all that it was made of: as a list, complete where a picture is not.

import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { reachQuery, type Question, type Reach } from '../api/lineage.ts'
import { Button, ErrorState, IconButton, Skeleton } from '../components/basics.tsx'
import { iconOf } from '../components/lineage-icons.ts'
import { saveFile } from '../components/save-file.ts'
import { toCsv } from '../lib/csv.ts'
import { formatCount, plural } from '../lib/format.ts'
import { kindsName, thingOf, type Thing } from '../lib/lineage.ts'

const LABELS: Record<Question, string> = { impact: 'Impact', provenance: 'Origin' }
const FIRST = 6

export function ReachList({ node, day, things, side, onSide, onCentre }: { node: string; day: string | undefined; things: ReadonlyMap<string, Thing>; side: Question; onSide: (side: Question) => void; onCentre: (urn: string) => void }) {
  const { data, error, isPending, refetch } = useQuery(reachQuery(side, node, day))
  const total = Object.values(data?.counts ?? {}).reduce((sum, count) => sum + count, 0)
  return (
    <section className="card min-w-0" aria-label={LABELS[side]}>
      <header className="flex items-center gap-1 border-b border-line p-1.5">
        <div role="tablist" aria-label="Which list" className="flex flex-1 gap-1">
          {(['impact', 'provenance'] as const).map((each) => (
            <button key={each} type="button" role="tab" aria-selected={side === each} onClick={() => onSide(each)} className={`min-h-8 flex-1 rounded-md px-2 text-sm font-medium ${side === each ? 'bg-accent-soft text-accent' : 'text-ink-2 hover:bg-hover'}`}>
              {LABELS[each]}
            </button>
          ))}
        </div>
        {data && total > 0 && <IconButton label={`${LABELS[side]} as CSV`} icon={Download} onClick={() => saveFile(new Blob([csvOf(data)], { type: 'text/csv' }), `${side}.csv`)} />}
      </header>
      <div className="p-3">
        {error ? (
          <ErrorState error={error} what="The list could not be read" onRetry={() => void refetch()} />
        ) : isPending ? (
          <Skeleton lines={4} />
        ) : (
          <>
            <p className="text-sm text-ink-2">
              {total === 0
                ? side === 'impact'
                  ? 'Nothing was made of it: nothing breaks.'
                  : 'It is not known to be made of anything.'
                : side === 'impact'
                  ? `${plural(total, 'thing')} may break if it changes.`
                  : `It comes from ${plural(total, 'thing')}.`}
              {data.hidden > 0 && ` ${plural(data.hidden, 'thing')} among them you may not read.`}
              {data.truncated && ' There may be more than could be counted.'}
            </p>
            {data.groups.map(({ kind, nodes }) => (
              <ReachGroup key={kind} kind={kind} count={data.counts[kind] ?? nodes.length} nodes={nodes} things={things} onChoose={onCentre} />
            ))}
          </>
        )}
      </div>
    </section>
  )
}

export function ReachGroup({ kind, count, nodes, things, onChoose }: { kind: string; count: number; nodes: Reach['groups'][number]['nodes']; things: ReadonlyMap<string, Thing>; onChoose: (urn: string) => void }) {
  const [all, setAll] = useState(false)
  const Icon = iconOf(kind)
  return (
    <div className="mt-3">
      <h3 className="flex items-center gap-1.5 text-xs font-semibold text-ink-3">
        <Icon aria-hidden size={13} />
        {kindsName(kind)} <span className="font-normal">{formatCount(count)}</span>
      </h3>
      <ul className="mt-0.5 text-sm">
        {nodes.slice(0, all ? 300 : FIRST).map(({ urn, distance, path }) => {
          const { label, hint } = things.get(urn) ?? thingOf(urn)
          return (
            <li key={urn}>
              <button type="button" onClick={() => onChoose(urn)} title={path.join('\n→ ')} className="flex w-full items-baseline justify-between gap-2 rounded-md px-1 py-0.5 text-left hover:bg-hover">
                <span className="min-w-0 truncate">
                  {label} <span className="text-ink-2">{hint}</span>
                </span>
                <span className="shrink-0 text-xs text-ink-3">{plural(distance, 'step')}</span>
              </button>
            </li>
          )
        })}
      </ul>
      {nodes.length > FIRST && !all && (
        <Button kind="quiet" onClick={() => setAll(true)}>
          {formatCount(nodes.length - FIRST)} more
        </Button>
      )}
    </div>
  )
}

function csvOf({ groups }: Reach): string {
  return toCsv([['kind', 'urn', 'steps', 'path'], ...groups.flatMap(({ kind, nodes }) => nodes.map(({ urn, distance, path }) => [kind, urn, distance, path.join(' > ')]))])
}
