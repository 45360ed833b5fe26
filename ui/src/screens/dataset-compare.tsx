// Two versions of a dataset side by side: columns, and what their values are like.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { datasetVersionsQuery, type Dataset } from '../api/lake.ts'
import { profileDiffQuery, type ColumnProfile, type MovedColumn } from '../api/profiles.ts'
import { Badge, ErrorState, Section, Skeleton } from '../components/basics.tsx'
import { percent, ProfileStrip } from '../components/profile-strip.tsx'
import { formatCount, formatNumber } from '../lib/format.ts'
import { missingShare, pairedBars, rowsOf, shownValue, type Bars } from '../lib/profile.ts'

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
  const { data, error, isPending, refetch } = useQuery({ ...profileDiffQuery(name, before, after), enabled: before > 0 && after > 0 && before !== after })
  const choose = (patch: { from?: string; to?: string }) => void navigate({ search: (old) => ({ ...old, ...patch }) })
  const numbers = [...new Set([...known.map(({ number }) => number), before, after])].filter((number) => number > 0).sort((a, b) => b - a)
  const pairs = (data?.columns ?? []).map((column) => ({ column, marks: marksOf(column) }))
  const shown = changedOnly ? pairs.filter(({ marks }) => marks.length > 0) : pairs
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
            {formatCount(data.rows.before)} rows and {formatCount(data.rows.after)}
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
              {shown.map(({ column: { field_id: id, name: label, before: left, after: right }, marks }) => {
                const [leftBars, rightBars] = pairedBars(left, right)
                const most = Math.max(highest(left, leftBars), highest(right, rightBars))
                return (
                  <tr key={id} className="border-b border-line align-top last:border-0">
                    <th scope="row" className="px-3.5 py-2 text-left font-mono text-xs font-medium break-words">
                      {label}
                      {left && right && left.name !== right.name && <span className="block font-sans text-ink-2">was {left.name}</span>}
                    </th>
                    <Side profile={left} bars={leftBars} most={most} />
                    <Side profile={right} bars={rightBars} most={most} />
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

const highest = (profile: ColumnProfile | undefined, bars: Bars | undefined): number => (profile && bars ? Math.max(0, ...bars.counts) / Math.max(1, rowsOf(profile)) : 0)

function Side({ profile, bars, most }: { profile: ColumnProfile | undefined; bars: Bars | undefined; most: number }) {
  if (!profile) return <td className="px-3.5 py-2 text-ink-3">not there</td>
  const { type, distinct, min, max, mean } = profile
  return (
    <td className="px-3.5 py-2">
      <ProfileStrip profile={profile} bars={bars} most={most} />
      <p className="mt-0.5 max-w-52 text-xs break-words text-ink-2">
        {type}, {percent(missingShare(profile))} missing
        {distinct && `, ~${formatCount(distinct.estimate)} distinct`}
        {min !== undefined && max !== undefined && `, ${cut(shownValue(min))} to ${cut(shownValue(max))}`}
        {mean !== undefined && `, mean ${shownValue(mean)}`}
      </p>
    </td>
  )
}

const cut = (text: string): string => (text.length > 24 ? `${text.slice(0, 23)}…` : text)

/** From this share of rows on a change of what is missing is told. */
const MISSING_TOLD = 0.01
const VALUES_TOLD = 3

function marksOf({ before, after, moved }: MovedColumn): ReactNode[] {
  if (!before) return [<Badge key="new" tone="good">new</Badge>]
  if (!after) return [<Badge key="gone" tone="bad">gone</Badge>]
  const marks: ReactNode[] = []
  if (before.type !== after.type) marks.push(<Badge key="type" tone="warn">type</Badge>)
  if (before.name !== after.name) marks.push(<Badge key="name" tone="accent">renamed</Badge>)
  const missing = missingShare(after) - missingShare(before)
  if (Math.abs(missing) >= MISSING_TOLD) marks.push(<Badge key="missing" tone={missing > 0 ? 'warn' : 'plain'}>{`${missing > 0 ? '+' : '−'}${percent(Math.abs(missing))} missing`}</Badge>)
  if (!moved) return marks
  if (moved.psi !== undefined && moved.psi >= SHIFT) {
    const title = `Population stability index ${moved.psi.toFixed(3)}${moved.ks === undefined ? '' : `, Kolmogorov-Smirnov ${moved.ks.toFixed(3)}`}: from ${SHIFT} on values have shifted, from ${LARGE_SHIFT} on by much`
    marks.push(<Badge key="shift" tone={moved.psi >= LARGE_SHIFT ? 'bad' : 'warn'} title={title}>{`shifted, PSI ${formatNumber(Math.round(moved.psi * 100) / 100)}`}</Badge>)
  }
  for (const [what, values] of [['appeared', moved.appeared], ['gone', moved.gone]] as const) {
    if (values.length > 0) marks.push(<Badge key={what} title={values.map(shownValue).join(', ')}>{`${what}: ${values.slice(0, VALUES_TOLD).map((value) => cut(shownValue(value))).join(', ')}${values.length > VALUES_TOLD ? ', …' : ''}`}</Badge>)
  }
  return marks
}
