// Which columns move together: the strongest pairs, drawn.

import type { Profile } from '../api/profiles.ts'
import { formatCount } from '../lib/format.ts'

/** Weaker ones say nothing. */
const LEAST = 0.1

export function DatasetCorrelations({ correlations }: { correlations: Profile['correlations'] }) {
  const pairs = correlations.pairs.filter(({ r }) => Math.abs(r) >= LEAST)
  if (pairs.length === 0) return null
  return (
    <section className="card" aria-label="Correlations">
      <header className="border-b border-line px-3.5 py-2">
        <h2 className="font-semibold">What moves together</h2>
        <p className="text-sm text-ink-3">Pearson correlation of numbers, in a sample of {formatCount(correlations.sampled_rows)} rows.</p>
      </header>
      <table className="w-full text-sm">
        <thead className="sr-only">
          <tr>
            <th scope="col">Columns</th>
            <th scope="col">Picture</th>
            <th scope="col">Correlation</th>
          </tr>
        </thead>
        <tbody>
          {pairs.map(({ a, b, r, rows }) => (
            <tr key={`${a} ${b}`} className="border-b border-line last:border-0" title={`in ${formatCount(rows)} rows with both`}>
              <th scope="row" className="max-w-0 truncate px-3.5 py-1 text-left font-mono text-xs font-medium">
                {a} <span className="font-sans font-normal text-ink-3">and</span> {b}
              </th>
              <td aria-hidden className="w-2/5 py-1">
                <svg viewBox="-1 0 2 1" preserveAspectRatio="none" className="h-3 w-full">
                  <line x1={0} x2={0} y1={0} y2={1} className="stroke-line-strong" strokeWidth={1} vectorEffect="non-scaling-stroke" />
                  <rect x={Math.min(0, r)} width={Math.abs(r)} y={0.15} height={0.7} className={r < 0 ? 'fill-bad' : 'fill-accent'} />
                </svg>
              </td>
              <td className="w-16 px-3.5 py-1 text-right tabular-nums">{(r < 0 ? '\u2212' : '') + Math.abs(r).toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
