// What stands above the run table beside filter and columns: stars, groups and which run is best.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowDown, ArrowUp, Group, Star, Trophy, X } from 'lucide-react'
import { Popover } from 'radix-ui'
import { bestRunQuery, STAR_COLUMN, type RunsAsked } from '../api/runs.ts'
import { Button, buttonClass, IconButton } from '../components/basics.tsx'
import { Popup } from '../components/menu.tsx'
import { NamePicker } from '../components/name-picker.tsx'
import { columnId, columnLabel, parseColumn } from '../lib/columns.ts'
import { clauseFor, joinFilter, parseFilter, withClause } from '../lib/filter.ts'
import { formatNumber } from '../lib/format.ts'
import { lowIsBetter } from '../lib/views.ts'

const STARRED = clauseFor(STAR_COLUMN, '=', 'true')

/** Only what is starred: a clause of the filter like any other. */
export function StarChip({ filter, onChange }: { filter: string; onChange: (filter: string) => void }) {
  const clauses = parseFilter(filter).clauses
  const on = clauses?.some(({ text }) => text === STARRED) ?? false
  return (
    <Button
      icon={Star}
      aria-pressed={on}
      onClick={() => onChange(on ? joinFilter(clauses!.filter(({ text }) => text !== STARRED)) : withClause(filter, STARRED))}
      className={on ? 'bg-accent-soft! text-accent' : ''}
    >
      Starred
    </Button>
  )
}

export function GroupPicker({ experiment, group, onChange }: { experiment: string; group: string | undefined; onChange: (group: string | undefined) => void }) {
  const column = group ? parseColumn(group) : undefined
  return (
    <Popup label="Group by" trigger={<Button icon={Group}>{column ? <span className="max-w-32 truncate">By {columnLabel(column)}</span> : 'Group'}</Button>}>
      <NamePicker
        experiment={experiment}
        kinds={['params', 'tags']}
        label="Find a param or tag"
        choices={(kind, name) => {
          const id = columnId(kind === 'params' ? 'param' : 'tag', name)
          return (
            <Popover.Close aria-pressed={id === group} onClick={() => onChange(id)} className={`menu-item ${id === group ? 'bg-accent-soft' : ''}`}>
              <span className="min-w-0 flex-1 truncate" title={name}>
                {name}
              </span>
            </Popover.Close>
          )
        }}
      >
        {group && (
          <Popover.Close onClick={() => onChange(undefined)} className={buttonClass()}>
            <X aria-hidden size={15} /> No groups
          </Popover.Close>
        )}
      </NamePicker>
    </Popup>
  )
}

interface BestPickerProps {
  experiment: string
  best: string | undefined
  better: 'low' | 'high' | undefined
  onChange: (best: string | undefined, better: 'low' | 'high' | undefined) => void
}

export function BestPicker({ experiment, best, better, onChange }: BestPickerProps) {
  return (
    <Popup label="Which run is best" trigger={<Button icon={Trophy}>Best</Button>}>
      <NamePicker
        experiment={experiment}
        kinds={['metrics']}
        label="Find a metric"
        choices={(_, name) => {
          const id = columnId('metric', name)
          const usual = lowIsBetter(name) ? 'low' : 'high'
          const choice = (which: 'low' | 'high') => {
            const Arrow = which === 'low' ? ArrowDown : ArrowUp
            const chosen = id === best && which === better
            return (
              <Popover.Close
                aria-pressed={chosen}
                aria-label={`${which === 'low' ? 'Lowest' : 'Highest'} ${name}`}
                onClick={() => onChange(id, which)}
                className={`${buttonClass('quiet')} ${chosen ? 'bg-accent-soft' : ''} ${which === usual ? 'text-ink' : 'text-ink-3'}`}
              >
                <Arrow aria-hidden size={14} /> {which === 'low' ? 'Lowest' : 'Highest'}
              </Popover.Close>
            )
          }
          return (
            <>
              <span className="min-w-0 flex-1 truncate px-1 text-sm" title={name}>
                {name}
              </span>
              {choice('low')}
              {choice('high')}
            </>
          )
        }}
      >
        <p className="text-sm text-ink-2">By the last value of a metric. Which way is better?</p>
        {best && (
          <Popover.Close onClick={() => onChange(undefined, undefined)} className={buttonClass()}>
            <X aria-hidden size={15} /> No best run
          </Popover.Close>
        )}
      </NamePicker>
    </Popup>
  )
}

export function useBest(asked: Omit<RunsAsked, 'columns' | 'order'>, best: string | undefined, better: 'low' | 'high' | undefined) {
  const metric = best ?? ''
  const query = useQuery({ ...bestRunQuery(asked, metric, better ?? 'low'), enabled: metric !== '' })
  return { found: metric === '' ? undefined : query.data, refetch: query.refetch }
}

/** Says which run it is, also when its row is out of sight. */
export function BestLine({ best, better, found, onClear }: { best: string; better: 'low' | 'high'; found: ReturnType<typeof useBest>['found']; onClear: () => void }) {
  const column = parseColumn(best)
  const what = `${better === 'low' ? 'lowest' : 'highest'} ${column ? columnLabel(column) : best}`
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <Trophy aria-hidden size={14} className="shrink-0 text-warn" />
      {found ? (
        <>
          <span className="shrink-0 text-ink-2">Best by {what}:</span>
          <Link to="/runs/$id" params={{ id: found.row.id }} className="min-w-0 max-w-56 truncate text-accent hover:underline">
            {found.row.name}
          </Link>
          <span className="font-medium">{formatNumber(found.value)}</span>
        </>
      ) : (
        <span className="text-ink-2">{found === null ? `No run here has ${column ? columnLabel(column) : best}` : `Looking for the ${what} …`}</span>
      )}
      <IconButton label="No best run" icon={X} onClick={onClear} className="size-6!" />
    </span>
  )
}
