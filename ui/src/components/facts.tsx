// Keys and values as a table that can be searched and exported.

import { Download } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { toCsv } from '../lib/csv.ts'
import { Button, Section } from './basics.tsx'
import { saveFile } from './save-file.ts'

export interface Fact {
  key: string
  /** As exported. */
  value: string | number
  shown?: ReactNode
  numeric?: boolean
  actions?: ReactNode
}

const SEARCH_FROM = 12
const SHOWN = 300

export function Facts({ title, facts, empty, csv, actions }: { title: string; facts: readonly Fact[]; empty: ReactNode; csv: string; actions?: ReactNode }) {
  const [typed, setTyped] = useState('')
  const wanted = typed.toLowerCase()
  const found = wanted ? facts.filter(({ key, value }) => key.toLowerCase().includes(wanted) || String(value).toLowerCase().includes(wanted)) : facts
  return (
    <Section
      title={
        <>
          {title} <span className="font-normal text-ink-3">{facts.length > 0 ? facts.length : ''}</span>
        </>
      }
      actions={
        <>
          {actions}
          {facts.length > 0 && (
            <Button
              kind="quiet"
              icon={Download}
              aria-label={`${title} as CSV`}
              onClick={() => saveFile(new Blob([toCsv([['key', 'value'], ...facts.map(({ key, value }) => [key, value])])], { type: 'text/csv' }), csv)}
            >
              CSV
            </Button>
          )}
        </>
      }
    >
      {facts.length >= SEARCH_FROM && (
        <input type="search" aria-label={`Search ${title.toLowerCase()}`} placeholder="Search" value={typed} onChange={(event) => setTyped(event.target.value)} className="field mb-2 w-full" />
      )}
      {facts.length === 0 ? (
        <div className="text-ink-2">{empty}</div>
      ) : (
        <table className="-my-1 w-full table-fixed text-sm">
          <tbody>
            {found.slice(0, SHOWN).map((fact) => (
              <tr key={fact.key} className="border-b border-line last:border-0">
                <th scope="row" className="w-2/5 py-1.5 pr-3 text-left align-top font-medium break-words text-ink-2">
                  {fact.key}
                </th>
                <td className={`py-1.5 align-top break-words ${fact.numeric ? 'text-right' : ''}`}>{fact.shown ?? fact.value}</td>
                {fact.actions && <td className="w-16 py-0.5 text-right align-top whitespace-nowrap">{fact.actions}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.length === 0 && facts.length > 0 && <p className="text-ink-2">Nothing here has this in its key or value.</p>}
      {found.length > SHOWN && <p className="mt-2 text-sm text-ink-3">{found.length - SHOWN} more: search, or take the CSV.</p>}
    </Section>
  )
}
