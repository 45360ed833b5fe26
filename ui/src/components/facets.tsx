// What a list can be narrowed by, with how many rows each choice leaves.

import { useState, type ReactNode } from 'react'
import { formatCount } from '../lib/format.ts'

export interface FacetChoice {
  value: string
  label?: string
  count: number
  /** How deep it stands in a tree. */
  depth?: number
}

const SHOWN = 8

/** Choices that can be ticked; several of one facet widen, several facets narrow. */
export function Facet({ title, choices, chosen, onChange, single = false, empty }: { title: string; choices: readonly FacetChoice[]; chosen: readonly string[]; onChange: (chosen: string[]) => void; single?: boolean; empty?: ReactNode }) {
  const [all, setAll] = useState(false)
  const shown = all ? choices : choices.filter(({ value }, i) => i < SHOWN || chosen.includes(value))
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 px-1 text-xs font-semibold text-ink-3">{title}</legend>
      {choices.length === 0 && <p className="px-1 text-sm text-ink-3">{empty}</p>}
      {shown.map(({ value, label = value, count, depth = 0 }) => {
        const ticked = chosen.includes(value)
        return (
          <label key={value} className={`flex cursor-pointer items-center gap-2 rounded-md px-1 py-0.5 text-sm hover:bg-hover ${ticked ? 'font-medium text-accent' : ''}`} style={{ paddingLeft: `${0.25 + depth * 0.9}rem` }}>
            <input type="checkbox" checked={ticked} onChange={() => onChange(ticked ? chosen.filter((each) => each !== value) : single ? [value] : [...chosen, value])} />
            <span className="min-w-0 flex-1 truncate" title={value}>
              {label}
            </span>
            <span className="text-xs text-ink-3">{formatCount(count)}</span>
          </label>
        )
      })}
      {choices.length > shown.length && (
        <button type="button" className="px-1 text-sm text-accent hover:underline" onClick={() => setAll(true)}>
          {choices.length - shown.length} more
        </button>
      )}
    </fieldset>
  )
}
