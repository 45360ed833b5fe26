// How the answers of a canary, a shadow or another variant compare with the champion's to the same rows.

import { useMemo } from 'react'
import type { Agreement, Endpoint, VariantNow } from '../api/serving.ts'
import { Section } from '../components/basics.tsx'
import { FactList } from '../components/fact-list.tsx'
import { rampColor } from '../components/plot.tsx'
import { formatCount, formatNumber, plural } from '../lib/format.ts'
import { formatShare, matrixOf, type ClassMatrix } from '../lib/serving.ts'

export function AgreementSection({ endpoint, now }: { endpoint: Endpoint; now: readonly VariantNow[] }) {
  const champion = now.find(({ role }) => role === 'champion')
  const compared = now.flatMap((each) => (each.agreement ? [{ ...each, agreement: each.agreement }] : []))
  if (!champion || (compared.length === 0 && endpoint.revision.shadows.length === 0 && !endpoint.revision.canary)) return null
  return (
    <Section title="Agreement" id="agreement">
      {compared.length === 0 ? (
        <p className="text-ink-2">No row was answered by both yet. What {champion.name} answers is compared with every shadow's and canary's answer to the same rows.</p>
      ) : (
        <div className="grid gap-5">
          {compared.map(({ name, role, agreement }) => (
            <Compared key={name} champion={champion.name} name={name} role={role} agreement={agreement} tolerance={endpoint.revision.policy.tolerance} />
          ))}
        </div>
      )}
    </Section>
  )
}

interface ComparedProps {
  champion: string
  name: string
  role: string
  agreement: Agreement
  tolerance: number
}

function Compared({ champion, name, role, agreement, tolerance }: ComparedProps) {
  const matrix = useMemo(() => matrixOf(agreement), [agreement])
  const share = 1 - agreement.disagreed / agreement.compared
  return (
    <section aria-label={`${champion} and ${name}`} className="min-w-0">
      <h3 className="text-sm font-semibold">
        {champion} and {name} <span className="font-normal text-ink-3">({role})</span>
      </h3>
      <p className="mt-1 mb-2">
        <span className="text-xl font-semibold">{formatShare(share)}</span> <span className="text-ink-2">of {plural(agreement.compared, 'row')} alike</span>
      </p>
      {matrix ? (
        <Heat matrix={matrix} champion={champion} other={name} />
      ) : (
        <FactList
          facts={[
            ['Differ by', `${formatNumber(Number(agreement.mean_difference.toPrecision(4)))} on average`],
            ['At most by', formatNumber(Number(agreement.largest_difference.toPrecision(4)))],
            ['Alike is', tolerance === 0 ? 'the same number' : `no further apart than ${formatShare(tolerance)} of the larger`],
          ]}
        />
      )}
      <p className="mt-2 text-sm text-ink-2" title="0: the answers are distributed alike. 1: they have nothing in common.">
        Shift between their distributions: <span className="font-medium">{formatNumber(Number(agreement.shift.toPrecision(3)))}</span>
      </p>
    </section>
  )
}

/** What the champion answered by rows, what the other did by columns. */
function Heat({ matrix: { names, counts, most, left }, champion, other }: { matrix: ClassMatrix; champion: string; other: string }) {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={`Answers of ${champion} and ${other}`}>
      <table className="border-separate border-spacing-0.5 text-xs">
        <caption className="sr-only">
          How often {champion} answered what stands before a row while {other} answered what stands above a column
        </caption>
        <thead>
          <tr>
            <td className="pr-1 text-right text-ink-3">
              {champion} ↓ {other} →
            </td>
            {names.map((name) => (
              <th key={name} scope="col" className="max-w-20 truncate px-1 py-0.5 font-semibold text-ink-2" title={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, row) => (
            <tr key={name}>
              <th scope="row" className="max-w-28 truncate pr-1 text-right font-semibold text-ink-2" title={name}>
                {name}
              </th>
              {counts[row]!.map((count, column) => (
                <td key={column} className={`min-w-10 rounded-sm p-0 text-center ${row === column ? 'outline-1 outline-line-strong' : ''}`} style={count > 0 ? { background: rampColor(Math.log1p(count) / Math.log1p(most)) } : { background: 'var(--c-sunken)' }}>
                  {/* Legible on every colour of the ramp. */}
                  <span className="m-1 inline-block rounded-sm bg-surface px-1 text-ink">{formatCount(count)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && <p className="mt-1 text-xs text-ink-3">{plural(left, 'row')} of rarer classes are not in the table.</p>}
    </div>
  )
}
