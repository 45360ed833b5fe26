// A few facts with their names, for what needs no search and no export.

import type { ReactNode } from 'react'

export type NamedFact = readonly [label: string, value: ReactNode]

/** Facts without a value are left out. */
export function FactList({ facts }: { facts: readonly (NamedFact | false | undefined)[] }) {
  return (
    <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm sm:grid-cols-[8.5rem_minmax(0,1fr)]">
      {facts.map(
        (fact, i) =>
          fact &&
          fact[1] !== undefined &&
          fact[1] !== null &&
          fact[1] !== '' && (
            <div key={i} className="contents">
              <dt className="break-words text-ink-3">{fact[0]}</dt>
              <dd className="min-w-0 break-words">{fact[1]}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
