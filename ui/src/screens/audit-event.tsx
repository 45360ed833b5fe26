// One event of the ledger, whole.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowUpRight, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { auditEventQuery, type AuditEvent } from '../api/admin.ts'
import { Button, CodeBlock, Empty, ErrorState, IconButton, Skeleton, Time } from '../components/basics.tsx'
import type { AuditSearch } from '../lib/admin-search.ts'
import { placeOf } from '../lib/urns.ts'

interface PanelProps {
  /** When it happened and its id, with a ~ between. */
  address: string
  known: readonly AuditEvent[]
  all: boolean
  onFilter: (patch: AuditSearch) => void
  onClose: () => void
}

export function EventPanel({ address, known, all, onFilter, onClose }: PanelProps) {
  const at = address.slice(0, address.indexOf('~'))
  const id = address.slice(address.indexOf('~') + 1)
  const isAddress = !Number.isNaN(Date.parse(at))
  const shown = known.find((event) => event.id === id)
  const { data, error, isPending } = useQuery({ ...auditEventQuery(at, id, all), enabled: shown === undefined && isAddress })
  const event = shown ?? data ?? undefined
  return (
    <aside aria-label="Event" className="card flex min-w-0 flex-col md:h-[calc(100dvh-11rem)]">
      <header className="flex min-h-12 items-center justify-between gap-2 border-b border-line py-1.5 pr-1.5 pl-3.5">
        <h2 className="min-w-0 truncate font-semibold">{event?.action ?? 'Event'}</h2>
        <IconButton label="Close the event" icon={X} onClick={onClose} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-3.5" tabIndex={0} role="region" aria-label="The event's details">
        {event ? (
          <Details event={event} onFilter={onFilter} />
        ) : error ? (
          <ErrorState error={error} what="The event could not be read" />
        ) : isPending && isAddress ? (
          <Skeleton lines={6} />
        ) : (
          <Empty title="This event is not in the ledger">It may have been removed by retention, or lie in another workspace.</Empty>
        )}
      </div>
    </aside>
  )
}

function Details({ event, onFilter }: { event: AuditEvent; onFilter: (patch: AuditSearch) => void }) {
  const place = placeOf(event.entity)
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-sm">
        <Row label="When">
          <Time millis={Date.parse(event.at)} exact />
        </Row>
        <Row label="Who" onFilter={() => onFilter({ actor: event.actor })}>
          {event.actor}
        </Row>
        <Row label="Entity" onFilter={() => onFilter({ entity: event.entity })}>
          <span className="font-mono text-xs break-all">{event.entity}</span>
        </Row>
        <Row label="Request" onFilter={() => onFilter({ request: event.request_id })}>
          <span className="font-mono text-xs break-all">{event.request_id}</span>
        </Row>
        <Row label="Workspace">{event.workspace}</Row>
        <Row label="In the chain">
          block {event.block}, position {event.position}
        </Row>
      </dl>
      {place && (
        <Link {...place} className="inline-flex items-center gap-1 font-medium text-accent hover:underline">
          <ArrowUpRight aria-hidden size={15} /> Open what it is about
        </Link>
      )}
      <CodeBlock label="The event as JSON" code={JSON.stringify(event, null, 2)} />
    </div>
  )
}

function Row({ label, onFilter, children }: { label: string; onFilter?: () => void; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{label}</dt>
      <dd className="flex min-w-0 items-start justify-between gap-2 break-words">
        <span className="min-w-0">{children}</span>
        {onFilter && (
          <Button kind="quiet" className="min-h-5! shrink-0 px-1.5! py-0! text-xs!" aria-label={`Only this: ${label.toLowerCase()}`} onClick={onFilter}>
            only this
          </Button>
        )}
      </dd>
    </>
  )
}
