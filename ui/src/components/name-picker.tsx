// Finds one of the many names that runs were logged under.

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState, type ReactNode } from 'react'
import { runColumnsQuery, type ColumnName } from '../api/runs.ts'
import { ErrorState, Skeleton } from './basics.tsx'

const SHOWN = 60

export type NameKind = 'metrics' | 'params' | 'tags'

/** Names of an experiment that hold a text; where there are more than were told at once, those that begin so are asked for. */
export function useNames(experiment: string, text: string) {
  const all = useQuery(runColumnsQuery(experiment))
  const rest = useQuery({ ...runColumnsQuery(experiment, text, 200), enabled: text !== '' && (all.data?.more?.length ?? 0) > 0, placeholderData: keepPreviousData })
  const find = (kind: NameKind): ColumnName[] => {
    const known = new Map((all.data?.[kind] ?? []).map((name) => [name.name, name]))
    for (const name of rest.data?.[kind] ?? []) known.set(name.name, name)
    return [...known.values()].filter(({ name }) => name.toLowerCase().includes(text.toLowerCase())).sort((a, b) => Number(a.system ?? false) - Number(b.system ?? false))
  }
  return { all, find }
}

interface NamePickerProps {
  experiment: string
  kinds: readonly NameKind[]
  label: string
  /** What stands beside a name, as buttons that choose it. */
  choices: (kind: NameKind, name: string) => ReactNode
  children?: ReactNode
}

export function NamePicker({ experiment, kinds, label, choices, children }: NamePickerProps) {
  const [typed, setTyped] = useState('')
  const { all, find } = useNames(experiment, useDeferredValue(typed.trim()))
  return (
    <div className="grid max-h-[min(28rem,70dvh)] w-[min(22rem,calc(100vw-4rem))] grid-rows-[auto_minmax(0,1fr)] gap-2">
      <div className="grid gap-2">
        {children}
        <input type="search" aria-label={label} placeholder={label} value={typed} onChange={(event) => setTyped(event.target.value)} className="field w-full" />
      </div>
      <div className="overflow-y-auto" tabIndex={0} role="group" aria-label="Names">
        {all.error ? (
          <ErrorState error={all.error} what="The names could not be read" onRetry={() => void all.refetch()} />
        ) : all.isPending ? (
          <Skeleton lines={6} />
        ) : (
          kinds.map((kind) => {
            const found = find(kind)
            if (found.length === 0) return null
            return (
              <section key={kind} className="mb-2">
                {kinds.length > 1 && <h3 className="px-1 pb-1 text-xs font-semibold text-ink-3">{kind[0]!.toUpperCase() + kind.slice(1)}</h3>}
                <ul className="grid gap-0.5">
                  {found.slice(0, SHOWN).map(({ name }) => (
                    <li key={name} className="flex items-center gap-1">
                      {choices(kind, name)}
                    </li>
                  ))}
                </ul>
                {found.length > SHOWN && <p className="px-1 pt-1 text-xs text-ink-3">{found.length - SHOWN} more: type part of a name.</p>}
              </section>
            )
          })
        )}
        {all.data && kinds.every((kind) => find(kind).length === 0) && <p className="px-1 text-sm text-ink-2">{typed ? 'No name has this in it.' : 'Nothing was logged yet.'}</p>}
      </div>
    </div>
  )
}
