// Who did what, and does the record hold?

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ArrowUp, Download, Ellipsis, ScrollText, ShieldCheck, Terminal } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { auditPage, auditParams, auditQuery, type AuditAsked, type AuditEvent } from '../api/admin.ts'
import { useChanges } from '../api/changes.ts'
import { ApiError, OWN, urlOf } from '../api/client.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Button, Empty, IconButton, PageHeader, Skeleton, Time } from '../components/basics.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { NotShown } from '../components/refused.tsx'
import { saveFile } from '../components/save-file.ts'
import { Table, type TableColumn } from '../components/table.tsx'
import { say, sayFailure } from '../components/toasts.tsx'
import type { AuditSearch } from '../lib/admin-search.ts'
import { toCsv } from '../lib/csv.ts'
import { formatCount } from '../lib/format.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { ChainStatus } from './audit-chain.tsx'
import { EventPanel } from './audit-event.tsx'
import { AuditFilters } from './audit-filters.tsx'

const route = getRouteApi('/audit')
const TOPICS = ['audit']
const NONE: string[] = []
const MOST_EXPORTED = 10_000

export function Audit() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/audit' })
  const client = useQueryClient()
  const set = useCallback((patch: AuditSearch) => void navigate({ search: (old) => ({ ...old, ...patch }) }), [navigate])
  const { event: open, ...filters } = search
  const signature = JSON.stringify(filters)
  const asked = useMemo<AuditAsked>(() => JSON.parse(signature) as AuditAsked, [signature])
  const query = auditQuery(asked)
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery(query)
  const events = useMemo(() => (data?.pages ?? []).flatMap((page) => page.events), [data])
  const [call, setCall] = useState<ApiCall>()

  // At the top what is new appears; whoever has scrolled is told how much there is.
  const reading = useRef(false)
  const [waiting, setWaiting] = useState({ count: 0, more: false })
  const place = useRef<HTMLDivElement>(null)
  const refresh = useCallback(() => {
    setWaiting({ count: 0, more: false })
    client.setQueryData(query.queryKey, (old) => old && { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) })
    void refetch({ cancelRefetch: false })
  }, [client, query.queryKey, refetch])
  // Whoever may not read it is not told of changes either.
  useChanges(data ? TOPICS : NONE, () => {
    void client.invalidateQueries({ queryKey: ['audit'] })
    if (!reading.current) refresh()
    else void countNew(asked, events).then(setWaiting, () => {})
  })
  const toTop = () => {
    place.current?.querySelector('[role=grid]')?.scrollTo(0, 0)
    refresh()
  }
  useKeys('Audit', [
    { key: 'r', says: 'Show what is new', run: toTop },
    { key: 'Escape', says: 'Close the event', run: () => set({ event: undefined }) },
  ])

  const download = async () => {
    try {
      const { blob, more } = await csvOf(asked)
      saveFile(blob, more ? `audit-newest-${MOST_EXPORTED}.csv` : 'audit.csv')
      if (more) say(`The file holds the newest ${formatCount(MOST_EXPORTED)} events; there are more. “Export with proofs” in the menu holds all, or narrow the time.`)
    } catch (failure) {
      sayFailure('The export failed', failure)
    }
  }
  const marked = useMemo(() => new Set(open ? [open.slice(open.indexOf('~') + 1)] : []), [open])
  const columns = useMemo(() => columnsOf(set, asked.all === true), [set, asked.all])
  const filtered = Object.keys(filters).length > 0
  const problem = error instanceof ApiError && error.status === 400 ? error.message : undefined
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title="Audit"
        actions={
          <>
            <Button icon={Download} onClick={() => void download()} disabled={events.length === 0}>
              CSV
            </Button>
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[
                { label: 'Export with proofs', icon: ShieldCheck, run: () => location.assign(urlOf(`${OWN}/audit/export`, auditParams(asked))) },
                { label: 'Show the API call', icon: Terminal, run: () => setCall({ method: 'GET', url: location.origin + urlOf(`${OWN}/audit/events`, auditParams(asked)) }) },
              ]}
            />
          </>
        }
      />
      {error instanceof ApiError && error.status === 403 ? null : <ChainStatus />}
      <div className={`mt-3 grid min-h-0 grid-cols-[minmax(0,1fr)] gap-3 ${open ? 'lg:grid-cols-[minmax(0,1fr)_24rem]' : ''}`}>
        <div ref={place} className={`card h-[calc(100dvh-17rem)] min-h-80 flex-col md:h-[calc(100dvh-11rem)] ${open ? 'hidden lg:flex' : 'flex'}`}>
          <AuditFilters filters={filters} problem={problem} onChange={(patch) => set(patch)} />
          {waiting.count > 0 && (
            <div className="flex justify-center border-b border-line bg-live-soft p-1" role="status">
              <Button kind="quiet" icon={ArrowUp} onClick={toTop}>
                {waiting.count}
                {waiting.more ? '+' : ''} new {waiting.count === 1 ? 'event' : 'events'}
              </Button>
            </div>
          )}
          {problem ? (
            <Empty title="The server did not understand this filter" actions={<Button onClick={() => void navigate({ search: {} })}>Show everything</Button>}>
              What it said stands above.
            </Empty>
          ) : error ? (
            <NotShown error={error} what="The audit trail could not be read" right="the right to audit (the role auditor)" onRetry={() => void refetch()} />
          ) : isPending ? (
            <div className="p-3">
              <Skeleton lines={10} label="Loading events" />
            </div>
          ) : events.length === 0 ? (
            <Empty icon={ScrollText} title={filtered ? 'Nothing like this is on record' : 'Nothing has happened yet'} actions={filtered && <Button onClick={() => void navigate({ search: {} })}>Show everything</Button>}>
              Each change that somebody makes stands here within a second.
            </Empty>
          ) : (
            <Table
              name="audit"
              label="Events"
              rows={events}
              idOf={(event) => event.id}
              columns={columns}
              selected={marked}
              onOpen={(event) => set({ event: addressOf(event) })}
              more={hasNextPage}
              onMore={() => void (!isFetching && fetchNextPage())}
              onReading={(now) => {
                reading.current = now
              }}
            />
          )}
        </div>
        {open && <EventPanel key={open} address={open} known={events} all={asked.all === true} onFilter={(patch) => set({ ...patch, event: undefined })} onClose={() => set({ event: undefined })} />}
      </div>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </div>
  )
}

/** As the URL names it; see auditEventQuery. */
const addressOf = (event: AuditEvent): string => `${event.at}~${event.id}`

/** How many events stand before those that are shown, as far as one page tells. */
async function countNew(asked: AuditAsked, shown: readonly AuditEvent[]): Promise<{ count: number; more: boolean }> {
  const { events } = await auditPage(asked, 100, '')
  const known = new Set(shown.map(({ id }) => id))
  const count = events.filter(({ id }) => !known.has(id)).length
  return { count, more: count === 100 }
}

/** Names of what changed, and what it changed to where that is short. */
export function summary(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null) return ''
  return Object.entries(payload)
    .filter(([key]) => key !== 'address')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}

function columnsOf(set: (patch: AuditSearch) => void, all: boolean): TableColumn<AuditEvent>[] {
  const cell = (field: 'actor' | 'action' | 'entity' | 'request', value: string, mono = false) => (
    <button
      type="button"
      tabIndex={-1}
      title={`Only ${value}`}
      onClick={() => set({ [field]: value })}
      className={`min-w-0 truncate text-left hover:text-accent hover:underline ${mono ? 'font-mono text-xs' : ''}`}
    >
      {value}
    </button>
  )
  return [
    {
      id: 'at',
      label: 'When',
      width: 175,
      pinned: true,
      render: (event) => (
        <button type="button" tabIndex={-1} title="Open the event" onClick={() => set({ event: addressOf(event) })} className="text-accent hover:underline">
          <Time millis={Date.parse(event.at)} exact />
        </button>
      ),
      onFilter: (event) => set({ to: event.at }),
    },
    { id: 'actor', label: 'Who', width: 150, render: (event) => cell('actor', event.actor), onFilter: (event) => set({ actor: event.actor }) },
    { id: 'action', label: 'Action', width: 200, render: (event) => cell('action', event.action), onFilter: (event) => set({ action: event.action }) },
    { id: 'entity', label: 'Entity', width: 290, render: (event) => cell('entity', event.entity, true), onFilter: (event) => set({ entity: event.entity }) },
    { id: 'what', label: 'What', width: 420, render: (event) => <span className="truncate text-ink-2">{summary(event.payload)}</span> },
    { id: 'request', label: 'Request', width: 170, render: (event) => cell('request', event.request_id, true), onFilter: (event) => set({ request: event.request_id }) },
    ...(all ? [{ id: 'workspace', label: 'Workspace', width: 130, render: (event: AuditEvent) => event.workspace }] : []),
  ]
}

const CSV_FIELDS = ['at', 'actor', 'action', 'entity', 'workspace', 'request_id', 'id', 'block', 'position'] as const

/** All that the filter finds, up to a limit; and whether there is more. */
async function csvOf(asked: AuditAsked): Promise<{ blob: Blob; more: boolean }> {
  const rows: (string | number)[][] = [[...CSV_FIELDS, 'payload']]
  let token: string | undefined = ''
  while (token !== undefined && rows.length <= MOST_EXPORTED) {
    const page: { events: AuditEvent[]; next_page_token?: string } = await auditPage(asked, 1000, token)
    rows.push(...page.events.map((event) => [...CSV_FIELDS.map((field) => event[field]), JSON.stringify(event.payload)]))
    token = page.next_page_token
  }
  return { blob: new Blob([toCsv(rows)], { type: 'text/csv' }), more: token !== undefined }
}
