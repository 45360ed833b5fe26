// The values of a column at a glance: a bar for each bin or value, and the share of those that are missing.

import type { ColumnProfile } from '../lib/profile.ts'
import { formatCount, formatNumber } from '../lib/format.ts'

const BAR = 6
const HEIGHT = 22
const MOST_BARS = 20

/** @param most the share of rows that a whole bar stands for, where strips are compared */
export function ProfileStrip({ profile, most }: { profile: ColumnProfile; most?: number }) {
  const { bins, rows, nulls } = profile
  if (!bins || bins.counts.length === 0) return <span className="text-xs text-ink-3">{profile.distinct > 0 ? `${formatCount(profile.distinct)} values` : '–'}</span>
  const counts = bins.counts.slice(0, MOST_BARS)
  const highest = most === undefined ? Math.max(...counts, 1) : Math.max(most * rows, 1)
  const label = bins.values
    ? `${bins.values.slice(0, 5).map((value, i) => `${value}: ${formatCount(counts[i]!)}`).join(', ')}${bins.values.length > 5 ? ', …' : ''}`
    : `from ${profile.min} to ${profile.max}`
  return (
    <svg role="img" aria-label={`${profile.name}, ${label}`} width={MOST_BARS * BAR} height={HEIGHT} className="shrink-0 text-series-1">
      <title>{[label, nulls > 0 ? `${percent(nulls)} missing` : ''].filter((each) => each !== '').join('\n')}</title>
      <line x1="0" x2={MOST_BARS * BAR} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} style={{ stroke: 'var(--c-line-strong)' }} />
      {counts.map((count, i) => {
        const height = Math.max(count > 0 ? 1 : 0, Math.min(1, count / highest) * (HEIGHT - 2))
        return <rect key={i} x={i * BAR} y={HEIGHT - 1 - height} width={BAR - 1} height={height} style={{ fill: bins.values ? 'var(--c-series-3)' : 'var(--c-series-1)' }} />
      })}
    </svg>
  )
}

export const percent = (share: number): string => (share === 0 ? '0 %' : share < 0.001 ? '< 0.1 %' : `${formatNumber(Math.round(share * 1000) / 10)} %`)
