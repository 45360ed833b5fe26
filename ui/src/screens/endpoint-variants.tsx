// Who answers which share of the requests, and the sliders that change it.

import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { setTraffic, type Endpoint, type Role, type Variant, type VariantNow } from '../api/serving.ts'
import { Badge, Button, ErrorState, Section } from '../components/basics.tsx'
import { colorOf } from '../components/series-color.ts'
import { say } from '../components/toasts.tsx'
import { TrafficBar } from '../components/traffic-bar.tsx'
import { formatCount, plural } from '../lib/format.ts'
import { formatMillis, sharesOf, versionOf } from '../lib/serving.ts'
import { inputsOf } from '../lib/serving-form.ts'

const ROLES: Record<Role, { label: string; tone: 'good' | 'live' | 'plain' }> = {
  champion: { label: 'champion', tone: 'good' },
  canary: { label: 'canary', tone: 'live' },
  variant: { label: 'variant', tone: 'plain' },
  shadow: { label: 'shadow', tone: 'plain' },
}

export function VariantName({ variant, color }: { variant: Variant; color: number }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span aria-hidden className="size-2.5 shrink-0 rounded-full" style={{ background: colorOf(color) }} />
      <span className="font-medium">{variant.name}</span>
      <Link to="/model-version" search={{ name: variant.model, version: variant.version }} className="min-w-0 truncate text-accent hover:underline" title={versionOf(variant)}>
        {variant.model} version {variant.version}
      </Link>
    </span>
  )
}

export function Done({ now }: { now: VariantNow | undefined }) {
  if (!now || now.answered + now.refused + now.failed === 0) return <>not asked yet in this revision</>
  const [p50, p99] = now.p50_p99_ms
  return (
    <>
      {plural(now.answered, 'request')} answered
      {now.failed > 0 && (
        <>
          , <span className="font-medium text-bad">{formatCount(now.failed)} failed</span>
        </>
      )}
      {now.refused > 0 && `, ${formatCount(now.refused)} refused`}
      {now.dropped > 0 && `, ${formatCount(now.dropped)} left out for want of time`}
      {p50 !== null && ` · p50 ${formatMillis(p50)}, p99 ${formatMillis(p99)}`}
    </>
  )
}

interface VariantsProps {
  endpoint: Endpoint
  now: readonly VariantNow[]
  colors: ReadonlyMap<string, number>
}

export function VariantsSection({ endpoint, now, colors }: VariantsProps) {
  const { name, revision, models = [] } = endpoint
  const { variants } = revision
  const client = useQueryClient()
  const id = useId()
  const shares = sharesOf(variants.map(({ weight }) => weight))
  const [sliders, setSliders] = useState<readonly number[]>(shares)
  const [sticky, setSticky] = useState(revision.sticky)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const wanted = sharesOf(sliders)
  const moved = wanted.some((share, i) => share !== shares[i])
  const changed = moved || sticky !== revision.sticky
  const nobody = sliders.every((weight) => weight === 0)
  const columns = [...new Set([...inputsOf(models).filter(({ width }) => width === 1).map((input) => input.name), ...(sticky ? [sticky] : [])])]
  const slide = (at: number, to: number) => {
    // Of two the other one gives way; of more each is set by itself.
    setSliders((old) => old.map((weight, i) => (i === at ? to : old.length === 2 ? 100 - to : weight)))
    setProblem(undefined)
  }
  const reset = () => {
    setSliders(shares)
    setSticky(revision.sticky)
    setProblem(undefined)
  }
  const apply = async () => {
    const traffic = { ...(moved ? { weights: Object.fromEntries(variants.map((variant, i) => [variant.name, sliders[i]!])) } : {}), ...(sticky === revision.sticky ? {} : { sticky }) }
    const before = { weights: Object.fromEntries(variants.map((variant) => [variant.name, variant.weight])), sticky: revision.sticky }
    setBusy(true)
    try {
      const after = await setTraffic(name, traffic)
      client.setQueryData(['serving', 'endpoint', name], after)
      say(
        moved ? `Traffic of ${name}: ${variants.map((variant, i) => `${variant.name} ${wanted[i]} %`).join(', ')}.` : sticky ? `Callers of ${name} are sticky by ${sticky}.` : `Callers of ${name} are not sticky.`,
        () => setTraffic(name, before).then((again) => client.setQueryData(['serving', 'endpoint', name], again)),
      )
      void client.invalidateQueries({ queryKey: ['serving'] })
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section title="Who answers" id="variants" actions={<TrafficBar width={140} parts={variants.map((variant, i) => ({ name: variant.name, label: variant.name, weight: sliders[i] ?? 0, color: colors.get(variant.name) ?? 0 }))} />}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy && changed && !nobody) void apply()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && changed) reset()
        }}
      >
        <ul className="divide-y divide-line" aria-labelledby="variants">
          {variants.map((variant, i) => {
            const standing = now.find((each) => each.name === variant.name)
            const { label, tone } = ROLES[standing?.role ?? 'variant']
            return (
              <li key={variant.name} className="grid gap-x-4 gap-y-1 py-2.5 first:pt-0 sm:grid-cols-[minmax(0,1fr)_minmax(12rem,18rem)] sm:items-center">
                <div className="min-w-0">
                  <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                    <VariantName variant={variant} color={colors.get(variant.name) ?? 0} />
                    {standing && variants.length > 1 && <Badge tone={tone}>{label}</Badge>}
                  </div>
                  <p className="mt-0.5 text-sm text-ink-3">
                    <Done now={standing} />
                  </p>
                </div>
                <div className="flex items-center gap-3">
                  {variants.length > 1 && (
                    <input
                      type="range"
                      min={0}
                      max={100}
                      step={1}
                      value={sliders[i] ?? 0}
                      aria-label={`Share of ${variant.name}`}
                      aria-valuetext={`${wanted[i]} % of the requests`}
                      onChange={(event) => slide(i, Number(event.target.value))}
                      className="min-w-0 flex-1"
                    />
                  )}
                  <output className={`w-16 shrink-0 text-right ${variants.length > 1 ? '' : 'ml-auto'}`}>
                    <span className={`text-lg font-semibold ${wanted[i] === shares[i] ? '' : 'text-accent'}`}>{wanted[i]} %</span>
                    {wanted[i] !== shares[i] && <span className="block text-xs text-ink-3">now {shares[i]} %</span>}
                  </output>
                </div>
              </li>
            )
          })}
        </ul>
        <div className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-2 border-t border-line pt-3 text-sm">
          <label htmlFor={`${id}-sticky`} className="text-ink-2">
            Callers keep to a variant by
          </label>
          <select id={`${id}-sticky`} value={sticky} onChange={(event) => setSticky(event.target.value)} className="field min-w-32 max-w-full">
            <option value="">nothing: each request is drawn anew</option>
            {columns.map((column) => (
              <option key={column} value={column}>
                {column}
              </option>
            ))}
          </select>
          {changed && (
            <span className="ml-auto flex items-center gap-2">
              <Button kind="quiet" onClick={reset} disabled={busy}>
                Cancel
              </Button>
              <Button kind="primary" type="submit" disabled={busy || nobody}>
                Apply
              </Button>
            </span>
          )}
        </div>
        {nobody && <p className="mt-2 text-sm text-bad">Nobody would answer: give at least one of them a share.</p>}
        {moved && revision.canary && <p className="mt-2 text-sm text-warn">Applying this ends the canary: from then on shares move by hand only.</p>}
        {problem !== undefined && (
          <div className="mt-2">
            <ErrorState error={problem} what="The traffic was not changed" />
          </div>
        )}
      </form>
    </Section>
  )
}
