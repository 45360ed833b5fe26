// The values of a column at a glance: a bar for each range or value.

import type { ColumnProfile } from '../api/profiles.ts'
import { formatCount, formatNumber } from '../lib/format.ts'
import { BARS, barsOf, missingShare, rowsOf, shownValue, type Bars } from '../lib/profile.ts'

const BAR = 6
const HEIGHT = 22

/**
 * @param bars instead of the column's own, where two are compared
 * @param most the share of rows that a whole bar stands for
 */
export function ProfileStrip({ profile, bars = barsOf(profile), most }: { profile: ColumnProfile; bars?: Bars | undefined; most?: number }) {
  if (!bars || bars.counts.length === 0) return <span className="text-xs text-ink-3">{profile.distinct ? `${formatCount(profile.distinct.estimate)} values` : '–'}</span>
  const { values } = bars
  const counts = bars.counts.slice(0, BARS)
  const highest = most === undefined ? Math.max(...counts, 1) : Math.max(most * rowsOf(profile), 1)
  const label = values ? `${values.slice(0, 5).map((value, i) => `${value}: ${formatCount(Math.round(counts[i]!))}`).join(', ')}${values.length > 5 ? ', …' : ''}` : `from ${shownValue(profile.min)} to ${shownValue(profile.max)}`
  const missing = missingShare(profile)
  return (
    <svg role="img" aria-label={`${profile.name}, ${label}`} width={BARS * BAR} height={HEIGHT} className="shrink-0">
      <title>{[label, missing > 0 ? `${percent(missing)} missing` : ''].filter((each) => each !== '').join('\n')}</title>
      <line x1="0" x2={BARS * BAR} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} style={{ stroke: 'var(--c-line-strong)' }} />
      {counts.map((count, i) => {
        const height = Math.max(count >= 0.5 ? 1 : 0, Math.min(1, count / highest) * (HEIGHT - 2))
        return <rect key={i} x={i * BAR} y={HEIGHT - 1 - height} width={BAR - 1} height={height} style={{ fill: values ? 'var(--c-series-3)' : 'var(--c-series-1)' }} />
      })}
    </svg>
  )
}

export const percent = (share: number): string => (share === 0 ? '0 %' : share < 0.001 ? '< 0.1 %' : `${formatNumber(Math.round(share * 1000) / 10)} %`)
