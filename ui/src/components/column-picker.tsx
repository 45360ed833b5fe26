// Which columns a run table shows, and in which order.

import { ArrowDown, ArrowUp, Columns3, X } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { ATTRIBUTE_LABELS, ATTRIBUTES, columnId, columnLabel, METRIC_PARTS, parseColumn } from '../lib/columns.ts'
import { Button, ErrorState, IconButton, Skeleton } from './basics.tsx'
import { Popup } from './menu.tsx'
import { useNames } from './name-picker.tsx'

const SHOWN = 60

interface PickerProps {
  experiment: string
  columns: readonly string[]
  onChange: (columns: string[] | undefined) => void
}

export function ColumnPicker(props: PickerProps) {
  return (
    <Popup label="Columns" trigger={<Button icon={Columns3}>Columns</Button>}>
      <Picker {...props} />
    </Popup>
  )
}

function Picker({ experiment, columns, onChange }: PickerProps) {
  const [typed, setTyped] = useState('')
  const q = useDeferredValue(typed.trim())
  const { all, find: names } = useNames(experiment, q)
  const chosen = new Set(columns)
  const toggle = (id: string) => onChange(chosen.has(id) ? columns.filter((each) => each !== id) : [...columns, id])
  const move = (at: number, by: number) => {
    const next = [...columns]
    const [taken] = next.splice(at, 1)
    next.splice(at + by, 0, taken!)
    onChange(next)
  }
  return (
    <div className="grid max-h-[min(34rem,75dvh)] w-[min(36rem,calc(100vw-4rem))] gap-4 overflow-y-auto sm:grid-cols-2" tabIndex={0} role="group" aria-label="Columns">
      <section>
        <h3 className="mb-1.5 text-sm font-semibold">Shown, from left to right</h3>
        <ol className="grid gap-0.5">
          {columns.map((id, i) => {
            const column = parseColumn(id)
            const label = column ? columnLabel(column) : id
            return (
              <li key={id} className="flex items-center text-sm">
                <span className="min-w-0 flex-1 truncate" title={id}>
                  {label}
                </span>
                <IconButton label={`Move ${label} to the left`} icon={ArrowUp} disabled={i === 0} onClick={() => move(i, -1)} className="size-6!" />
                <IconButton label={`Move ${label} to the right`} icon={ArrowDown} disabled={i === columns.length - 1} onClick={() => move(i, 1)} className="size-6!" />
                <IconButton label={`Hide ${label}`} icon={X} onClick={() => toggle(id)} className="size-6!" />
              </li>
            )
          })}
        </ol>
        <Button kind="quiet" onClick={() => onChange(undefined)} className="mt-2">
          Back to the usual ones
        </Button>
      </section>
      <section className="min-w-0">
        <label className="mb-2 block">
          <span className="sr-only">Find a column</span>
          <input type="search" value={typed} onChange={(event) => setTyped(event.target.value)} placeholder="Find a column" className="field w-full" />
        </label>
        {all.error ? (
          <ErrorState error={all.error} what="The names could not be read" onRetry={() => void all.refetch()} />
        ) : all.isPending ? (
          <Skeleton lines={6} />
        ) : (
          <>
            <Group title="Run">
              {ATTRIBUTES.filter((id) => ATTRIBUTE_LABELS[id]!.toLowerCase().includes(q.toLowerCase())).map((id) => (
                <Choice key={id} label={ATTRIBUTE_LABELS[id]!} checked={chosen.has(id)} onToggle={() => toggle(id)} />
              ))}
            </Group>
            {(['metrics', 'params', 'tags'] as const).map((kind) => {
              const found = names(kind)
              if (found.length === 0) return null
              return (
                <Group key={kind} title={kind[0]!.toUpperCase() + kind.slice(1)}>
                  {found.slice(0, SHOWN).map(({ name, runs }) => {
                    const id = columnId(kind.slice(0, -1) as 'metric', name)
                    return (
                      <div key={name} className="flex items-center gap-2">
                        <Choice label={name} count={`${runs}${runs >= all.data.counted_to ? '+' : ''}`} checked={chosen.has(id)} onToggle={() => toggle(id)} />
                        {kind === 'metrics' &&
                          METRIC_PARTS.map((part) => {
                            const partId = columnId('metric', name, part)
                            return (
                              <label key={part} className="flex items-center gap-1 text-xs text-ink-2">
                                <input type="checkbox" checked={chosen.has(partId)} onChange={() => toggle(partId)} aria-label={`${name} ${part}`} />
                                {part}
                              </label>
                            )
                          })}
                      </div>
                    )
                  })}
                  {found.length > SHOWN && <p className="text-xs text-ink-3">{found.length - SHOWN} more: type part of a name.</p>}
                </Group>
              )
            })}
          </>
        )}
      </section>
    </div>
  )
}

function Group({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <fieldset className="mb-3 grid gap-1">
      <legend className="mb-1 text-xs font-semibold text-ink-3">{title}</legend>
      {children}
    </fieldset>
  )
}

function Choice({ label, count, checked, onToggle }: { label: string; count?: string; checked: boolean; onToggle: () => void }) {
  return (
    <label className="flex min-w-0 flex-1 items-center gap-2 text-sm">
      <input type="checkbox" checked={checked} onChange={onToggle} />
      <span className="min-w-0 flex-1 truncate" title={label}>
        {label}
      </span>
      {count && (
        <span className="text-xs text-ink-3" title="Runs that have it">
          {count}
        </span>
      )}
    </label>
  )
}
