// What differs between runs, as tables: a row for each thing, a column for each run.

import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useState } from 'react'
import { environmentQuery } from '../api/files.ts'
import type { Run } from '../api/tracking.ts'
import { Button, ErrorState, IconButton, Section, Skeleton, Status } from '../components/basics.tsx'
import { Stroke } from '../components/chart.tsx'
import { diffRows, type DiffRow } from '../lib/diff.ts'
import { environmentRows } from '../lib/environment.ts'
import { formatDateTime, formatDuration, formatNumber, toNumber } from '../lib/format.ts'

interface DifferenceProps {
  title: string
  runs: readonly Run[]
  rows: readonly DiffRow[]
  all: boolean
  numeric?: boolean
  onRemove?: (id: string) => void
  nothing?: string
}

export function Difference({ title, runs, rows, all, numeric = false, onRemove, nothing = 'None of them has any.' }: DifferenceProps) {
  const shown = all ? rows : rows.filter(({ differs }) => differs)
  const equal = rows.length - rows.filter(({ differs }) => differs).length
  return (
    <Section title={title} actions={<span className="text-sm text-ink-3">{equal > 0 && !all ? `${equal} equal` : ''}</span>}>
      {shown.length === 0 ? (
        <p className="text-ink-2">{rows.length === 0 ? nothing : 'They are all equal.'}</p>
      ) : (
        <div className="-m-3.5 overflow-x-auto" tabIndex={0} role="group" aria-label={title}>
          <table className="table-fixed text-sm" style={{ width: `${9 + runs.length * 12}rem` }}>
            <thead>
              <tr className="border-b border-line align-top">
                <th scope="col" className="sticky left-0 z-10 w-36 bg-surface px-3.5 py-2 text-left text-xs font-semibold text-ink-2 sm:w-60">
                  Name
                </th>
                {runs.map(({ info }, i) => (
                  <th key={info.run_id} scope="col" className={`w-48 px-2.5 py-2 font-medium ${numeric ? 'text-right' : 'text-left'}`}>
                    <span className={`flex items-center gap-1.5 ${numeric ? 'justify-end' : ''}`}>
                      <Stroke color={i} />
                      <Link to="/runs/$id" params={{ id: info.run_id }} title={info.run_name} className="min-w-0 max-w-40 truncate text-accent hover:underline">
                        {info.run_name}
                      </Link>
                      {onRemove && runs.length > 1 && <IconButton label={`Leave out ${info.run_name}`} icon={X} onClick={() => onRemove(info.run_id)} className="size-6!" />}
                    </span>
                    {onRemove && (
                      <span className="mt-1 block text-xs font-normal text-ink-3">
                        <Status status={info.status} /> <span title={formatDateTime(info.start_time, true)}>{info.end_time ? formatDuration(info.end_time - info.start_time) : ''}</span>
                      </span>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.key} className="border-b border-line last:border-0">
                  <th scope="row" className="sticky left-0 z-10 bg-surface px-3.5 py-1.5 text-left font-medium break-words text-ink-2">
                    {row.key}
                  </th>
                  {row.values.map((value, i) => (
                    <td key={runs[i]!.info.run_id} className={`max-w-64 px-2.5 py-1.5 align-top break-words whitespace-pre-wrap ${numeric ? 'text-right' : ''} ${row.differs ? '' : 'text-ink-3'}`}>
                      {value === undefined ? <span className="text-ink-3">–</span> : numeric ? <span title={value}>{formatNumber(toNumber(value) ?? Number.NaN)}</span> : value}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}

const CODE: Record<string, string> = {
  'mlflow.source.git.repoURL': 'Repository',
  'mlflow.source.git.commit': 'Commit',
  'mlflow.source.git.branch': 'Branch',
  'mlflow.source.git.dirty': 'Uncommitted changes',
  'mlflow.source.name': 'Source',
  'mlflow.source.type': 'Kind of source',
  'mlflow.project.entryPoint': 'Entry point',
  'mlflow.project.env': 'Project environment',
}
const NEITHER = new Set(['mlflow.note.content', 'mlflow.runName', 'millwright.starred'])

/** Which code ran, out of the tags; and the tags that say something else. */
export function codeAndTags(tags: Record<string, string>): { code: Record<string, string>; others: Record<string, string> } {
  const entries = Object.entries(tags)
  return {
    code: Object.fromEntries(entries.flatMap(([key, value]) => (CODE[key] ? [[CODE[key], value] as const] : []))),
    others: Object.fromEntries(entries.filter(([key]) => !CODE[key] && !NEITHER.has(key))),
  }
}

/** For more runs their files, several for each, are read only when somebody wants them. */
const READ_UNASKED = 12

export function Environment({ runs, all }: { runs: readonly Run[]; all: boolean }) {
  const [asked, setAsked] = useState(false)
  if (!asked && runs.length > READ_UNASKED) {
    return (
      <Section title="Environment">
        <Button onClick={() => setAsked(true)}>Read what the {runs.length} runs ran in</Button>
      </Section>
    )
  }
  return <Environments runs={runs} all={all} />
}

function Environments({ runs, all }: { runs: readonly Run[]; all: boolean }) {
  const found = useQueries({ queries: runs.map((run) => environmentQuery(run)) })
  const failure = found.find(({ error }) => error)
  if (failure) {
    return (
      <Section title="Environment">
        <ErrorState error={failure.error} what="What the runs ran in could not be read" onRetry={() => found.forEach((query) => void query.refetch())} />
      </Section>
    )
  }
  if (found.some(({ isPending }) => isPending)) {
    return (
      <Section title="Environment">
        <Skeleton lines={3} label="Loading the environments" />
      </Section>
    )
  }
  const rows = diffRows(found.map(({ data }) => Object.assign({}, ...(data ?? []).map(({ path, text }) => environmentRows(path, text))) as Record<string, string>))
  return <Difference title="Environment" runs={runs} rows={rows} all={all} nothing="None of them stored a requirements.txt, conda.yaml or python_env.yaml, as logging a model does." />
}
