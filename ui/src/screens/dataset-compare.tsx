// Two versions of a dataset side by side: columns, and what their values are like.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { datasetVersionsQuery, type Dataset } from '../api/lake.ts'
import { comparedQuery } from '../api/sql.ts'
import { Badge, ErrorState, Section, Skeleton } from '../components/basics.tsx'
import { percent, ProfileStrip } from '../components/profile-strip.tsx'
import { formatCount, formatNumber } from '../lib/format.ts'
import { stabilityIndex, type ColumnProfile } from '../lib/profile.ts'

const SHIFT = 0.1
const LARGE_SHIFT = 0.25

export function DatasetCompare({ dataset, from, to }: { dataset: Dataset; from: string | undefined; to: string | undefined }) {
  const { name } = dataset
  const navigate = useNavigate({ from: '/datasets/$name' })
  const versions = useInfiniteQuery(datasetVersionsQuery(name))
  const [changedOnly, setChangedOnly] = useState(false)
  const known = (versions.data?.pages ?? []).flatMap((page) => page.versions).filter((version) => version.expired_at === undefined)
  const after = Number(to ?? dataset.version?.number ?? 0)
  const before = Number(from ?? known.find(({ number }) => number < after)?.number ?? 0)
  const { data, error, isPending, refetch } = useQuery({ ...comparedQuery(name, before, after), enabled: before > 0 && after > 0 && before !== after })
  const choose = (patch: { from?: string; to?: string }) => void navigate({ search: (old) => ({ ...old, ...patch }) })
  const numbers = [...new Set([...known.map(({ number }) => number), before, after])].filter((number) => number > 0).sort((a, b) => b - a)
  const pairs = data ? pairsOf(data.before, data.after) : []
  const shown = changedOnly ? pairs.filter(({ marks }) => marks.length > 0) : pairs
  const rowsOf = (number: number) => known.find((version) => version.number === number)?.rows
  return (
    <Section
      title="Compare"
      actions={
        <label className="flex items-center gap-1.5 text-sm">
          <input type="checkbox" checked={changedOnly} onChange={(event) => setChangedOnly(event.target.checked)} />
          Only what differs
        </label>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2 text-sm">
        <Pick label="Version" value={before} numbers={numbers} onPick={(number) => choose({ from: String(number) })} />
        <Pick label="with" value={after} numbers={numbers} onPick={(number) => choose({ to: String(number) })} />
        {data && (
          <span className="text-ink-2">
            {formatCount(rowsOf(before) ?? data.before[0]?.rows ?? 0)} rows and {formatCount(rowsOf(after) ?? data.after[0]?.rows ?? 0)}
          </span>
        )}
      </div>
      {versions.error ? (
        <ErrorState error={versions.error} what="The versions could not be read" onRetry={() => void versions.refetch()} />
      ) : before === 0 || after === 0 || before === after ? (
        versions.isPending ? (
          <Skeleton lines={4} />
        ) : (
          <p className="text-ink-2">{known.length < 2 ? 'There is only one version so far.' : 'Choose two versions.'}</p>
        )
      ) : error ? (
        <ErrorState error={error} what="The versions could not be compared" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={8} label="Reading both versions" />
      ) : (
        <div className="-mx-3.5 -mb-3.5 overflow-x-auto border-t border-line" tabIndex={0} role="group" aria-label="Columns side by side">
          <table className="w-full text-sm">
            <thead>
              <tr className="border-b border-line text-left text-xs text-ink-2">
                {['Column', `Version ${before}`, `Version ${after}`, 'What differs'].map((label) => (
                  <th key={label} scope="col" className="px-3.5 py-2 font-semibold whitespace-nowrap">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ name: column, left, right, marks }) => {
                const most = Math.max(...[left, right].flatMap((each) => (each?.bins ? each.bins.counts.map((count) => count / Math.max(1, each.rows)) : [0])))
                return (
                  <tr key={column} className="border-b border-line align-top last:border-0">
                    <th scope="row" className="px-3.5 py-2 text-left font-mono text-xs font-medium break-words">
                      {column}
                    </th>
                    <Side profile={left} most={most} />
                    <Side profile={right} most={most} />
                    <td className="px-3.5 py-2">
                      <span className="flex flex-wrap gap-1">{marks}</span>
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
          {shown.length === 0 && <p className="p-3.5 text-ink-2">Nothing differs.</p>}
        </div>
      )}
    </Section>
  )
}

function Pick({ label, value, numbers, onPick }: { label: string; value: number; numbers: readonly number[]; onPick: (number: number) => void }) {
  return (
    <label className="flex items-center gap-1.5">
      {label}
      <select value={value} onChange={(event) => onPick(Number(event.target.value))} className="field">
        {numbers.map((number) => (
          <option key={number} value={number}>
            {number}
          </option>
        ))}
      </select>
    </label>
  )
}

function Side({ profile, most }: { profile: ColumnProfile | undefined; most: number }) {
  if (!profile) return <td className="px-3.5 py-2 text-ink-3">not there</td>
  const { type, nulls, distinct, min, max, mean } = profile
  return (
    <td className="px-3.5 py-2">
      <ProfileStrip profile={profile} most={most} />
      <p className="mt-0.5 max-w-52 text-xs break-words text-ink-2">
        {type.toLowerCase()}, {percent(nulls)} missing, ~{formatCount(distinct)} distinct
        {min !== null && max !== null && `, ${cut(min)} to ${cut(max)}`}
        {mean !== null && `, mean ${formatNumber(mean)}`}
      </p>
    </td>
  )
}

const cut = (text: string): string => (text.length > 24 ? `${text.slice(0, 23)}…` : text)

interface Pair {
  name: string
  left: ColumnProfile | undefined
  right: ColumnProfile | undefined
  marks: ReactNode[]
}

function pairsOf(before: readonly ColumnProfile[], after: readonly ColumnProfile[]): Pair[] {
  const left = new Map(before.map((profile) => [profile.name, profile]))
  const right = new Map(after.map((profile) => [profile.name, profile]))
  return [...new Set([...right.keys(), ...left.keys()])].map((name) => ({ name, left: left.get(name), right: right.get(name), marks: marksOf(left.get(name), right.get(name)) }))
}

function marksOf(left: ColumnProfile | undefined, right: ColumnProfile | undefined): ReactNode[] {
  if (!left) return [<Badge key="new" tone="good">new</Badge>]
  if (!right) return [<Badge key="gone" tone="bad">gone</Badge>]
  const marks: ReactNode[] = []
  if (left.type !== right.type) marks.push(<Badge key="type" tone="warn">type</Badge>)
  const missing = right.nulls - left.nulls
  if (Math.abs(missing) >= 0.01) marks.push(<Badge key="missing" tone={missing > 0 ? 'warn' : 'plain'}>{`${missing > 0 ? '+' : '−'}${percent(Math.abs(missing))} missing`}</Badge>)
  if (left.bins && right.bins) {
    const shift = stabilityIndex(left.bins, right.bins)
    const title = `Population stability index ${shift.toFixed(3)}: from ${SHIFT} on values have shifted, from ${LARGE_SHIFT} on by much`
    if (shift >= SHIFT) marks.push(<Badge key="shift" tone={shift >= LARGE_SHIFT ? 'bad' : 'warn'} title={title}>{`shifted, PSI ${formatNumber(Math.round(shift * 100) / 100)}`}</Badge>)
  }
  return marks
}
