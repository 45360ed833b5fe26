// Beside a query: datasets with their columns, saved queries, and what was run before.

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Database, Trash2 } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { meQuery } from '../api/access.ts'
import { datasetNamesQuery, datasetQuery } from '../api/lake.ts'
import { historyQuery, removeQuery, saveQuery, savedQueriesQuery, type PastQuery } from '../api/sql.ts'
import { Badge, Button, ErrorState, IconButton, Skeleton, Time } from '../components/basics.tsx'
import { attempt } from '../components/toasts.tsx'
import { sqlName } from '../lib/dataset-code.ts'
import { formatDuration, plural } from '../lib/format.ts'
import { SQL_SIDES } from '../lib/lake-search.ts'

type Side = (typeof SQL_SIDES)[number]
const LABELS: Record<Side, string> = { datasets: 'Datasets', saved: 'Saved', history: 'History' }

interface SqlSideProps {
  side: Side
  /** The saved query that is open. */
  saved: string | undefined
  /** Whether the history is everybody's. */
  everybodys: boolean
  onSide: (side: Side) => void
  onEverybodys: (everybodys: boolean) => void
  onInsert: (piece: string) => void
  onOpen: (sql: string) => void
  onOpenSaved: (name: string) => void
}

export function SqlSide({ side, saved, everybodys, onSide, onEverybodys, onInsert, onOpen, onOpenSaved }: SqlSideProps) {
  const [typed, setTyped] = useState('')
  const q = useDeferredValue(typed.trim())
  return (
    <aside aria-label="Beside the query" className="card flex min-w-0 flex-col lg:max-h-[calc(100dvh-7rem)]">
      <div role="tablist" aria-label="Beside the query" className="flex gap-1 border-b border-line p-1.5">
        {SQL_SIDES.map((each) => (
          <button key={each} type="button" role="tab" aria-selected={side === each} onClick={() => onSide(each)} className={`min-h-8 flex-1 rounded-md px-2 text-sm font-medium ${side === each ? 'bg-accent-soft text-accent' : 'text-ink-2 hover:bg-hover'}`}>
            {LABELS[each]}
          </button>
        ))}
      </div>
      <div className="border-b border-line p-2">
        <input type="search" aria-label={`Search ${LABELS[side].toLowerCase()}`} placeholder="Search" value={typed} onChange={(event) => setTyped(event.target.value)} className="field w-full" />
      </div>
      <div className="min-h-0 overflow-y-auto p-2" tabIndex={0} role="group" aria-label={LABELS[side]}>
        {side === 'datasets' && <Datasets q={q} onInsert={onInsert} />}
        {side === 'saved' && <Saved q={q} current={saved} onOpen={onOpenSaved} />}
        {side === 'history' && <History q={q} everybodys={everybodys} onEverybodys={onEverybodys} onOpen={onOpen} />}
      </div>
    </aside>
  )
}

function Datasets({ q, onInsert }: { q: string; onInsert: (piece: string) => void }) {
  const { data, error, isPending } = useQuery(datasetNamesQuery(q, 100))
  if (error) return <ErrorState error={error} what="The datasets could not be read" />
  if (isPending) return <Skeleton lines={5} />
  if (data.length === 0) return <p className="p-1 text-sm text-ink-2">{q ? 'No dataset is like this.' : 'There is no dataset yet.'}</p>
  return (
    <ul className="grid gap-0.5 text-sm">
      {data.map(({ name }) => (
        <DatasetItem key={name} name={name} onInsert={onInsert} />
      ))}
    </ul>
  )
}

function DatasetItem({ name, onInsert }: { name: string; onInsert: (piece: string) => void }) {
  const [open, setOpen] = useState(false)
  const { data } = useQuery({ ...datasetQuery(name), enabled: open, staleTime: 60_000 })
  return (
    <li>
      <div className="flex items-center gap-1">
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} title={name} className="flex min-h-7 min-w-0 flex-1 items-center gap-1.5 rounded-md px-1 text-left hover:bg-hover">
          <Database aria-hidden size={14} className="shrink-0 text-ink-3" />
          <span className="truncate">{name}</span>
        </button>
        <Button kind="quiet" aria-label={`Insert ${name}`} onClick={() => onInsert(sqlName(name))} className="min-h-7! px-1.5!">
          +
        </Button>
      </div>
      {open && (
        <ul className="ml-3 border-l border-line pl-2">
          {!data && <Skeleton lines={2} />}
          {data?.columns.map(({ path, type, doc, unit }) => (
            <li key={path}>
              <button
                type="button"
                onClick={() => onInsert(path.split('.').map(sqlName).join('.'))}
                title={[doc, unit].filter((each) => each !== '').join('; ') || `Insert ${path}`}
                className="flex w-full items-baseline justify-between gap-2 rounded-md px-1 py-0.5 text-left hover:bg-hover"
              >
                <span className="truncate font-mono text-xs">{path}</span>
                <span className="shrink-0 font-mono text-xs text-ink-3">{type.length > 18 ? `${type.slice(0, 17)}…` : type}</span>
              </button>
            </li>
          ))}
          {data && (
            <li>
              <Link to="/datasets/$name" params={{ name }} className="block px-1 py-0.5 text-accent hover:underline">
                All about it
              </Link>
            </li>
          )}
        </ul>
      )}
    </li>
  )
}

function Saved({ q, current, onOpen }: { q: string; current: string | undefined; onOpen: (name: string) => void }) {
  const client = useQueryClient()
  const { data, error, isPending } = useQuery(savedQueriesQuery)
  if (error) return <ErrorState error={error} what="The saved queries could not be read" />
  if (isPending) return <Skeleton lines={4} />
  const found = data.filter((each) => `${each.name} ${each.description} ${each.sql}`.toLowerCase().includes(q.toLowerCase()))
  if (found.length === 0) return <p className="p-1 text-sm text-ink-2">{q ? 'No saved query has this.' : 'None yet. Save keeps a query under a name, with a link that stays.'}</p>
  const refresh = () => client.invalidateQueries({ queryKey: ['sql', 'saved'] })
  return (
    <ul className="grid gap-1 text-sm">
      {found.map((query) => (
        <li key={query.name} className={`flex items-start gap-1 rounded-md ${query.name === current ? 'bg-accent-soft' : 'hover:bg-hover'}`}>
          <button type="button" onClick={() => onOpen(query.name)} className="min-w-0 flex-1 px-1.5 py-1 text-left">
            <span className="block truncate font-medium">{query.name}</span>
            <span className="block truncate text-ink-2">{query.description || query.sql}</span>
            <span className="text-xs text-ink-2">
              {query.owner}, <Time millis={Date.parse(query.updated_at)} />
            </span>
          </button>
          <IconButton
            label={`Remove ${query.name}`}
            icon={Trash2}
            className="size-7!"
            onClick={() => void attempt(() => removeQuery(query.name).then(refresh), `Removed ${query.name}.`, () => saveQuery(query.name, query, undefined).then(refresh))}
          />
        </li>
      ))}
    </ul>
  )
}

const STATES: Record<PastQuery['state'], { label: string; tone: 'good' | 'bad' | 'warn' | 'live' }> = {
  running: { label: 'running', tone: 'live' },
  done: { label: 'done', tone: 'good' },
  failed: { label: 'failed', tone: 'bad' },
  cancelled: { label: 'stopped', tone: 'warn' },
}

function History({ q, everybodys, onEverybodys, onOpen }: { q: string; everybodys: boolean; onEverybodys: (everybodys: boolean) => void; onOpen: (sql: string) => void }) {
  const me = useQuery(meQuery)
  return (
    <>
      {me.data?.rights.includes('manage') && (
        <label className="mb-1 flex items-center gap-1.5 px-1 text-sm">
          <input type="checkbox" checked={everybodys} onChange={(event) => onEverybodys(event.target.checked)} />
          Everybody's
        </label>
      )}
      <Queries q={q} everybodys={everybodys} onOpen={onOpen} />
    </>
  )
}

function Queries({ q, everybodys, onOpen }: { q: string; everybodys: boolean; onOpen: (sql: string) => void }) {
  // The server searches for texts with a letter or a digit.
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(historyQuery(/[\p{L}\p{N}]/u.test(q) ? q : '', everybodys))
  if (error) return <ErrorState error={error} what="The history could not be read" />
  if (isPending) return <Skeleton lines={4} />
  const queries = data.pages.flatMap((page) => page.queries)
  if (queries.length === 0) return <p className="p-1 text-sm text-ink-2">{q ? 'No query has this.' : 'None was run yet.'}</p>
  return (
    <>
      <ul className="grid gap-1 text-sm">
        {queries.map((query) => (
          <li key={query.query_id}>
            <button type="button" onClick={() => onOpen(query.sql)} title={query.error ?? query.sql} className="block w-full min-w-0 rounded-md px-1.5 py-1 text-left hover:bg-hover">
              <span className="block truncate font-mono text-xs">{query.sql.replaceAll(/\s+/g, ' ')}</span>
              <span className="flex flex-wrap items-center gap-1.5 text-xs text-ink-2">
                <Badge tone={STATES[query.state].tone}>{STATES[query.state].label}</Badge>
                {everybodys && <span>{query.actor}</span>}
                {query.state === 'done' && `${plural(query.rows, 'row')}, ${formatDuration(query.elapsed_ms)}`}
                <Time millis={Date.parse(query.at)} />
              </span>
              {query.error && <span className="block truncate text-xs text-bad">{query.error}</span>}
            </button>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button kind="quiet" className="mt-1 w-full" onClick={() => void fetchNextPage()} disabled={isFetchingNextPage}>
          Older ones
        </Button>
      )}
    </>
  )
}
