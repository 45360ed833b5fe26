// What of the audit trail is shown: each clause a chip, all of them in one form.

import { ListFilterPlus, X } from 'lucide-react'
import { useId, useState } from 'react'
import { Button } from '../components/basics.tsx'
import { Popup } from '../components/menu.tsx'
import type { AuditSearch } from '../lib/admin-search.ts'
import { formatDateTime } from '../lib/format.ts'

type Filters = Omit<AuditSearch, 'event'>
const TEXTS = [
  { field: 'actor', label: 'Who', hint: 'ann' },
  { field: 'action', label: 'Action', hint: 'run.deleted, model-version.*' },
  { field: 'entity', label: 'Entity', hint: 'model:churn, run:*' },
  { field: 'request', label: 'Request', hint: 'as X-Request-Id told' },
] as const
const TIMES = [
  { field: 'from', label: 'From' },
  { field: 'to', label: 'Before' },
] as const
const SPANS = [
  { label: 'Last hour', millis: 3_600_000 },
  { label: 'Last 24 hours', millis: 86_400_000 },
  { label: 'Last 7 days', millis: 7 * 86_400_000 },
] as const

export function AuditFilters({ filters, problem, onChange }: { filters: Filters; problem: string | undefined; onChange: (patch: Filters) => void }) {
  const chips = [
    ...TEXTS.flatMap(({ field, label }) => (filters[field] ? [{ field, text: `${label}: ${filters[field]}` }] : [])),
    ...TIMES.flatMap(({ field, label }) => (filters[field] ? [{ field, text: `${label}: ${shownTime(filters[field])}` }] : [])),
    ...(filters.all ? [{ field: 'all' as const, text: 'All workspaces' }] : []),
  ]
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-1.5 border-b border-line p-2">
      <Popup
        label="Filter"
        align="start"
        trigger={
          <Button icon={ListFilterPlus} aria-label="Filter the events">
            Filter
          </Button>
        }
      >
        <FilterForm key={JSON.stringify(filters)} filters={filters} onChange={onChange} />
      </Popup>
      {chips.map(({ field, text }) => (
        <span key={field} className="inline-flex max-w-full items-center rounded-md bg-accent-soft text-sm">
          <span className="truncate py-0.5 pl-2 font-mono text-xs">{text}</span>
          <button type="button" aria-label={`Remove ${text}`} onClick={() => onChange({ [field]: undefined })} className="p-1.5 text-ink-2 hover:text-ink">
            <X aria-hidden size={13} />
          </button>
        </span>
      ))}
      {chips.length === 0 && <span className="text-sm text-ink-3">Everything, newest first. Click a value to see only that.</span>}
      {problem && (
        <p role="alert" className="w-full text-sm break-words text-bad">
          {problem}
        </p>
      )}
    </div>
  )
}

function FilterForm({ filters, onChange }: { filters: Filters; onChange: (patch: Filters) => void }) {
  const id = useId()
  const [all, setAll] = useState(filters.all === true)
  return (
    <form
      className="grid max-h-[65dvh] w-72 gap-2.5 overflow-y-auto p-1 text-sm"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const text = (name: string) => String(form.get(name) ?? '').trim() || undefined
        const time = (name: string) => (text(name) ? new Date(text(name)!).toISOString() : undefined)
        onChange({ actor: text('actor'), action: text('action'), entity: text('entity'), request: text('request'), from: time('from'), to: time('to'), all: all || undefined })
      }}
    >
      {TEXTS.map(({ field, label, hint }) => (
        <div key={field}>
          <label htmlFor={`${id}-${field}`} className="mb-0.5 block font-medium">
            {label}
          </label>
          <input id={`${id}-${field}`} name={field} defaultValue={filters[field]} placeholder={hint} autoComplete="off" spellCheck={false} className="field w-full font-mono text-xs" />
        </div>
      ))}
      {TIMES.map(({ field, label }) => (
        <div key={field}>
          <label htmlFor={`${id}-${field}`} className="mb-0.5 block font-medium">
            {label}
          </label>
          <input id={`${id}-${field}`} name={field} type="datetime-local" step="1" defaultValue={localTime(filters[field])} className="field w-full" />
        </div>
      ))}
      <div className="flex flex-wrap gap-1">
        {SPANS.map(({ label, millis }) => (
          <Button key={label} kind="quiet" onClick={() => onChange({ from: new Date(Date.now() - millis).toISOString(), to: undefined })}>
            {label}
          </Button>
        ))}
      </div>
      <label className="flex items-center gap-2">
        <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} /> All workspaces (administrators)
      </label>
      <Button kind="primary" type="submit">
        Show
      </Button>
    </form>
  )
}

const shownTime = (text: string): string => (Number.isNaN(Date.parse(text)) ? text : formatDateTime(Date.parse(text), true))

/** As such a field wants it, in the zone of whoever reads. */
function localTime(text: string | undefined): string {
  const millis = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(millis) ? '' : formatDateTime(millis, true).replace(' ', 'T')
}
