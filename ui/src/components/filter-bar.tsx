// A filter as chips and as text: the chips are the clauses of the text. Clicking a chip edits it.

import { Filter, X } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { COMPARATORS, joinFilter, parseClause, parseFilter, quoted } from '../lib/filter.ts'

export interface Suggestion {
  /** Replaces what is being typed. */
  text: string
  hint: string
}

interface FilterBarProps {
  value: string
  onChange: (filter: string) => void
  /** Fields whose name holds the text. */
  fields: (text: string) => Suggestion[]
  placeholder: string
  /** What the server said of the filter. */
  problem?: string | undefined
}

export function FilterBar({ value, onChange, fields, placeholder, problem }: FilterBarProps) {
  const parsed = parseFilter(value)
  const clauses = parsed.clauses ?? []
  const [draft, setDraft] = useState(parsed.clauses ? '' : value)
  const [editing, setEditing] = useState<number | undefined>()
  const [open, setOpen] = useState(false)
  const [marked, setMarked] = useState(-1)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()

  // Another filter came from outside, as by the back button.
  useEffect(() => {
    setDraft(parseFilter(value).clauses ? '' : value)
    setEditing(undefined)
    setMarked(-1)
  }, [value])

  const suggestions = open ? suggest(draft, fields) : []

  function commit(text: string): void {
    setOpen(false)
    setMarked(-1)
    const kept = clauses.filter((_, i) => i !== editing)
    const typed = text.trim()
    if (typed === '') {
      setEditing(undefined)
      if (editing !== undefined) onChange(joinFilter(kept))
      else if (!parsed.clauses) onChange('')
      return
    }
    const looksTyped = parseFilter(typed).clauses !== undefined || /[=<>]|\s(like|in|is)\s/i.test(typed)
    const clause = looksTyped ? typed : `attributes.run_name ILIKE ${quoted(`%${typed}%`)}`
    const at = editing ?? kept.length
    const next = [...kept.slice(0, at), { text: clause }, ...kept.slice(at)]
    const filter = parsed.clauses ? joinFilter(next) : typed
    setEditing(undefined)
    setDraft('')
    onChange(filter)
  }

  function edit(at: number): void {
    setEditing(at)
    setDraft(clauses[at]!.text)
    input.current?.focus()
  }

  function choose(suggestion: Suggestion): void {
    if (parseClause(suggestion.text)) {
      commit(suggestion.text)
      return
    }
    setDraft(suggestion.text)
    setMarked(-1)
    input.current?.focus()
  }

  return (
    <div className="relative min-w-0 flex-1 basis-72">
      <div className={`flex min-h-9 flex-wrap items-center gap-1 rounded-md border bg-surface px-2 py-1 focus-within:outline-2 focus-within:outline-focus ${problem ? 'border-bad' : 'border-line-strong'}`}>
        <Filter aria-hidden size={15} className="shrink-0 text-ink-3" />
        {clauses.map((clause, i) =>
          i === editing ? null : (
            <span key={`${i} ${clause.text}`} className="inline-flex max-w-full items-center rounded-md bg-accent-soft text-sm">
              <button type="button" onClick={() => edit(i)} title="Edit this clause" className="truncate py-0.5 pl-2 font-mono text-xs text-ink">
                {clause.text}
              </button>
              <button
                type="button"
                aria-label={`Remove ${clause.text}`}
                onClick={() => onChange(joinFilter(clauses.filter((_, at) => at !== i)))}
                className="p-1.5 text-ink-2 hover:text-ink"
              >
                <X aria-hidden size={13} />
              </button>
            </span>
          ),
        )}
        <input
          ref={input}
          role="combobox"
          aria-label="Filter"
          aria-expanded={suggestions.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={marked >= 0 && marked < suggestions.length ? `${id}-${marked}` : undefined}
          aria-invalid={problem !== undefined}
          aria-describedby={problem ? `${id}-problem` : undefined}
          autoComplete="off"
          spellCheck={false}
          value={draft}
          placeholder={clauses.length === 0 ? placeholder : 'and …'}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onChange={(event) => {
            setDraft(event.target.value)
            setOpen(true)
            setMarked(-1)
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              event.preventDefault()
              const step = event.key === 'ArrowDown' ? 1 : -1
              setMarked((old) => Math.max(-1, Math.min(old + step, suggestions.length - 1)))
              setOpen(true)
            } else if (event.key === 'Enter') {
              event.preventDefault()
              const chosen = suggestions[marked]
              if (chosen) choose(chosen)
              else commit(draft)
            } else if (event.key === 'Tab' && suggestions[marked]) {
              event.preventDefault()
              choose(suggestions[marked])
            } else if (event.key === 'Escape') {
              setOpen(false)
              setEditing(undefined)
              setDraft(parsed.clauses ? '' : value)
            } else if (event.key === 'Backspace' && draft === '' && clauses.length > 0 && editing === undefined) {
              event.preventDefault()
              edit(clauses.length - 1)
            }
          }}
          className="min-w-24 flex-1 bg-transparent py-0.5 font-mono text-xs outline-none placeholder:font-sans placeholder:text-sm"
        />
        {value !== '' && (
          <button type="button" aria-label="Remove the filter" title="Remove the filter" onClick={() => onChange('')} className="p-1 text-ink-2 hover:text-ink">
            <X aria-hidden size={15} />
          </button>
        )}
      </div>
      {problem && (
        <p id={`${id}-problem`} role="alert" className="mt-1 text-sm break-words text-bad">
          {problem}
        </p>
      )}
      <ul id={`${id}-list`} role="listbox" aria-label="Suggestions" hidden={suggestions.length === 0} className="menu absolute top-full left-0 z-40 mt-1 max-h-72 w-full max-w-md overflow-y-auto">
        {suggestions.map((suggestion, i) => (
          <li
            key={suggestion.text}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === marked}
            data-selected={i === marked}
            className="menu-item"
            // Before the blur that would close the list.
            onPointerDown={(event) => {
              event.preventDefault()
              choose(suggestion)
            }}
          >
            <span className="min-w-0 flex-1 truncate font-mono text-xs">{suggestion.text}</span>
            <span className="shrink-0 text-xs text-ink-3">{suggestion.hint}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Fields while one is being typed, then comparators. */
function suggest(draft: string, fields: (text: string) => Suggestion[]): Suggestion[] {
  const typed = draft.trimStart()
  if (parseClause(typed)) return []
  const named = /^(\S+|\S+`[^`]*`)\s+(\S*)$/.exec(typed)
  if (named && fields(named[1]!).some((field) => field.text.trim() === named[1])) {
    return COMPARATORS.filter((comparator) => comparator.toLowerCase().startsWith(named[2]!.toLowerCase())).map((comparator) => ({
      text: `${named[1]} ${comparator}${comparator.startsWith('IS') ? '' : ' '}`,
      hint: '',
    }))
  }
  const found = fields(typed.trim()).slice(0, 40)
  if (typed.trim() !== '' && !/[.=<>`]/.test(typed)) {
    found.unshift({ text: `attributes.run_name ILIKE ${quoted(`%${typed.trim()}%`)}`, hint: 'name contains' })
  }
  return found
}
