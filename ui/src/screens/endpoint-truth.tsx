// Which of two variants is right more often, by what turned out to be true.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Scale, Terminal } from 'lucide-react'
import { useState } from 'react'
import { comparisonPath, comparisonQuery, truthQuery, type ComparedVariant, type Comparison, type ComparisonQuestion, type Endpoint, type KnownTruth } from '../api/serving.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, CodeBlock, Empty, ErrorState, Section, Skeleton, Time } from '../components/basics.tsx'
import { Choice } from '../components/form-dialog.tsx'
import { NotShown } from '../components/refused.tsx'
import { formatCount, formatNumber } from '../lib/format.ts'
import { formatDifference, formatMean, verdictOf } from '../lib/serving.ts'
import { TRUTH_MEASURES, type EndpointSearch, type TruthMeasure } from '../lib/serving-search.ts'

const route = getRouteApi('/endpoints/$name')
const MEASURES: Record<TruthMeasure, string> = { accuracy: 'Accuracy', absolute_error: 'Absolute error', squared_error: 'Squared error' }

export function EndpointTruth({ endpoint }: { endpoint: Endpoint }) {
  const { name } = endpoint
  const { data, error, isPending, refetch } = useQuery(truthQuery(name))
  if (error && !data) return <NotShown error={error} what="The truth could not be read" right={`the right to read the dataset truth.${name.replaceAll('.', '_')}`} onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={6} label="Reading what is known" />
  if (data.truth.length === 0) {
    return (
      <Empty icon={Scale} title="Nothing was told yet">
        <p>Tell what turned out to be true of predictions, by their ids or by a key and a time, as soon as it is known. What is told again corrects it.</p>
        <div className="mt-3 text-left">
          <CodeBlock label="command" code={`millwright truth ${name} --file outcomes.csv`} />
        </div>
      </Empty>
    )
  }
  return <Compared endpoint={endpoint} known={data.truth} onAgain={() => void refetch()} />
}

/** What is asked where the URL says nothing: the first name, and the two variants of which most is known. */
function questionOf(known: readonly KnownTruth[], search: EndpointSearch): ComparisonQuestion {
  const truth = known.some(({ name }) => name === search.truth) ? search.truth! : known[0]!.name
  const variants = known.filter(({ name }) => name === truth).map(({ variant }) => variant)
  const [a, b] = [variants[0]!, variants[1] ?? variants[0]!].sort()
  return { truth, output: search.output, measure: search.measure ?? 'accuracy', first: search.first ?? a!, second: search.second ?? b! }
}

function Compared({ endpoint, known, onAgain }: { endpoint: Endpoint; known: readonly KnownTruth[]; onAgain: () => void }) {
  const search = route.useSearch()
  const navigate = useNavigate()
  const [call, setCall] = useState(false)
  const question = questionOf(known, search)
  const { truth, output, measure, first, second } = question
  const ofName = known.filter(({ name }) => name === truth)
  const alone = first === second
  const { data, error, refetch } = useQuery({ ...comparisonQuery(endpoint.name, question), enabled: !alone })
  const ask = (change: Partial<EndpointSearch>) => void navigate({ to: '/endpoints/$name', params: { name: endpoint.name }, search: { ...search, ...change }, replace: true })
  const variants = [...new Set([first, second, ...ofName.map(({ variant }) => variant)])].sort().map((value) => ({ value }))
  const outputs = endpoint.models?.[0]?.outputs ?? []
  return (
    <Section
      title="By the truth"
      actions={
        <>
          <Button icon={Terminal} disabled={alone} onClick={() => setCall(true)}>
            Show the API call
          </Button>
          <Button
            onClick={() => {
              onAgain()
              void refetch()
            }}
          >
            Look again
          </Button>
        </>
      }
    >
      <form className="grid gap-3 sm:grid-cols-2 lg:grid-cols-5" onSubmit={(event) => event.preventDefault()}>
        <Choice label="Truth" value={truth} onChange={(event) => ask({ truth: event.target.value, first: undefined, second: undefined })} options={[...new Set(known.map(({ name }) => name))].map((value) => ({ value }))} />
        <Choice label="Measure" value={measure} onChange={(event) => ask({ measure: event.target.value as TruthMeasure })} options={TRUTH_MEASURES.map((value) => ({ value, label: MEASURES[value] }))} />
        <Choice label="Of the output" value={output ?? ''} onChange={(event) => ask({ output: event.target.value || undefined })} options={[{ value: '', label: 'the first' }, ...outputs.map(({ name }) => ({ value: name }))]} />
        <Choice label="Compare" value={first} onChange={(event) => ask({ first: event.target.value, second })} options={variants} />
        <Choice label="With" value={second} onChange={(event) => ask({ first, second: event.target.value })} options={variants} />
      </form>
      <p className="mt-2 text-sm text-ink-3">
        Known: {ofName.map(({ variant, rows }) => `${formatCount(rows)} of ${variant}`).join(', ')}; last told <Time millis={Math.max(...ofName.map(({ last_recorded_at: at }) => Date.parse(at)))} />
      </p>
      <div className="mt-4" aria-live="polite">
        {alone ? (
          <p className="text-ink-2">The truth is known of one variant only. Share requests out to another one, or ask about two different ones.</p>
        ) : error ? (
          <ErrorState error={error} what="They could not be compared" onRetry={() => void refetch()} />
        ) : data ? (
          <Result comparison={data} />
        ) : (
          <Skeleton lines={4} label="Comparing" />
        )}
      </div>
      <ApiCallDialog call={call ? { method: 'GET', url: `${location.origin}${comparisonPath(endpoint.name)}?${new URLSearchParams(Object.entries(question).filter((each): each is [string, string] => each[1] !== undefined))}` } : undefined} onClose={() => setCall(false)} />
    </Section>
  )
}

function Result({ comparison }: { comparison: Comparison }) {
  const { measure, first, second, difference, p_value: p, alpha, interval } = comparison
  const { text, better } = verdictOf(comparison)
  return (
    <div className="grid gap-4">
      <p className="text-lg font-semibold">
        {text} {interval && <Badge>{formatDifference(measure, difference)}</Badge>}
      </p>
      {interval && <Interval comparison={comparison} interval={interval} />}
      <table className="w-full max-w-xl text-sm">
        <thead>
          <tr className="text-left text-ink-3">
            <th scope="col" className="py-1 font-semibold">Variant</th>
            <th scope="col" className="py-1 text-right font-semibold">Answers</th>
            <th scope="col" className="py-1 text-right font-semibold">{MEASURES[measure]}</th>
            <th scope="col" className="py-1 text-right font-semibold">Deviation</th>
          </tr>
        </thead>
        <tbody>
          {[first, second].map((side) => (
            <Side key={side.variant} side={side} measure={measure} better={side.variant === better} />
          ))}
        </tbody>
      </table>
      {interval && (
        <p className="text-sm text-ink-2">
          p-value {formatNumber(Number(p.toPrecision(2)))}, decided below {formatNumber(alpha)}. It may be looked at at any time and as often as one likes: the test is sequential.
        </p>
      )}
    </div>
  )
}

function Side({ side: { variant, count, mean, deviation }, measure, better }: { side: ComparedVariant; measure: TruthMeasure; better: boolean }) {
  return (
    <tr className="border-t border-line">
      <th scope="row" className="py-1.5 text-left font-medium">
        {variant} {better && <Badge tone="good">better</Badge>}
      </th>
      <td className="py-1.5 text-right tabular-nums">{formatCount(count)}</td>
      <td className="py-1.5 text-right tabular-nums">{count === 0 ? '–' : formatMean(measure, mean)}</td>
      <td className="py-1.5 text-right tabular-nums">{count === 0 ? '–' : formatNumber(Number(deviation.toPrecision(3)))}</td>
    </tr>
  )
}

/** Where the difference can lie; what is left of the middle speaks for one, what is right of it for the other. */
function Interval({ comparison: { measure, first, second, difference }, interval: [low, high] }: { comparison: Comparison; interval: [number, number] }) {
  const reach = 1.1 * Math.max(Math.abs(low), Math.abs(high), Math.abs(difference), Number.MIN_VALUE)
  const place = (value: number): number => 50 + (50 * value) / reach
  const [left, right] = measure === 'accuracy' ? [first.variant, second.variant] : [second.variant, first.variant]
  return (
    <figure className="max-w-xl">
      <div role="img" aria-label={`The difference lies between ${formatDifference(measure, low)} and ${formatDifference(measure, high)}`} className="relative h-10 rounded-md bg-sunken">
        <span className="absolute inset-y-0 left-1/2 w-px bg-line-strong" />
        <span className="absolute top-1/2 h-2 -translate-y-1/2 rounded-full bg-accent opacity-40" style={{ left: `${place(low)}%`, width: `${place(high) - place(low)}%` }} />
        <span className="absolute top-1/2 size-3 -translate-1/2 rounded-full bg-accent" style={{ left: `${place(difference)}%` }} />
      </div>
      <figcaption className="mt-1 flex justify-between gap-2 text-xs text-ink-3">
        <span>← {left} is better</span>
        <span className="text-ink-2">
          {formatDifference(measure, low)} to {formatDifference(measure, high)}
        </span>
        <span>{right} is better →</span>
      </figcaption>
    </figure>
  )
}
