// A canary on its way up: its steps, its guards, and the dialog that sends one.

import { Check, CircleStop } from 'lucide-react'
import { startCanary, type Canary, type Endpoint, type Variant } from '../api/serving.ts'
import { Badge, Button, Section } from '../components/basics.tsx'
import { useNow } from '../components/clock.ts'
import { Field, textIn } from '../components/form-dialog.tsx'
import { formatCount, formatDuration } from '../lib/format.ts'
import { formatMeasure, listOf, parseGuards, versionOf, type Guard, type Measure } from '../lib/serving.ts'
import { ModelChoice, StepsDialog } from './endpoint-deploy.tsx'
import { VariantName } from './endpoint-variants.tsx'

const MEANS: Record<Measure, { label: string; means: string }> = {
  errors: { label: 'Errors', means: 'requests that it failed, or refused while the champion answered them' },
  p99: { label: 'p99', means: 'within which it answers 99 of 100 requests' },
  disagreement: { label: 'Disagreement', means: 'rows that it answers otherwise than the champion' },
  shift: { label: 'Shift', means: 'how far its answers are distributed otherwise: 0 alike, 1 nothing in common' },
}

interface CanaryProps {
  endpoint: Endpoint
  canary: Canary
  colors: ReadonlyMap<string, number>
  onStop: () => void
}

export function CanarySection({ endpoint, canary, colors, onStop }: CanaryProps) {
  const now = useNow()
  const standing = endpoint.canary
  const variant = endpoint.revision.variants.find(({ name }) => name === canary.variant)
  const asked = standing ? standing.answered + standing.failed : 0
  const held = Math.max(0, now - Date.parse(endpoint.revision.created_at))
  return (
    <Section
      title={
        <span className="flex flex-wrap items-center gap-2">
          Canary <Badge tone="live">{standing?.reason ?? 'starting'}</Badge>
        </span>
      }
      actions={
        <Button kind="danger" icon={CircleStop} onClick={onStop}>
          Stop
        </Button>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-x-2 text-sm">
        {variant ? <VariantName variant={variant} color={colors.get(canary.variant) ?? 0} /> : canary.variant}
        <span className="text-ink-3">against {canary.champion}</span>
      </div>
      <ol aria-label="Steps of the canary" className="mb-4 flex overflow-x-auto pb-1">
        {canary.steps.map((share, i) => {
          const state = i < canary.step ? 'done' : i === canary.step ? 'now' : 'next'
          return (
            <li key={share} aria-current={state === 'now' ? 'step' : undefined} className="flex min-w-16 flex-1 flex-col items-center gap-1 text-sm">
              <span className="flex w-full items-center">
                <span className={`h-0.5 flex-1 ${i === 0 ? 'bg-transparent' : state === 'next' ? 'bg-line' : 'bg-good'}`} />
                <span className={`flex size-7 shrink-0 items-center justify-center rounded-full border-2 text-xs font-semibold ${state === 'done' ? 'border-good bg-good-soft text-good' : state === 'now' ? 'border-live bg-live-soft text-live' : 'border-line-strong text-ink-3'}`}>{state === 'done' ? <Check aria-hidden size={14} /> : i + 1}</span>
                <span className={`h-0.5 flex-1 ${i === canary.steps.length - 1 ? 'bg-transparent' : state === 'done' ? 'bg-good' : 'bg-line'}`} />
              </span>
              <span className={state === 'now' ? 'font-semibold' : 'text-ink-2'}>
                {share} %<span className="sr-only">{state === 'done' ? ', passed' : state === 'now' ? ', now' : ', to come'}</span>
              </span>
            </li>
          )
        })}
      </ol>
      <div className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
        <Reached label="Held" value={held / 1000} goal={canary.hold_seconds} said={`${formatDuration(Math.min(held, canary.hold_seconds * 1000))} of ${formatDuration(canary.hold_seconds * 1000)}`} />
        <Reached label="Asked" value={asked} goal={canary.least_requests} said={`${formatCount(asked)} of at least ${formatCount(canary.least_requests)} requests`} />
        {(parseGuards(canary.guards) ?? []).map((guard) => (
          <GuardBar key={guard.measure} guard={guard} value={standing?.measured[guard.measure]} />
        ))}
      </div>
    </Section>
  )
}

/** What a step waits for. */
function Reached({ label, value, goal, said }: { label: string; value: number; goal: number; said: string }) {
  return <Bar label={label} said={said} share={value / goal} tone={value >= goal ? 'bg-good' : 'bg-live'} />
}

/** What it measured against its limit, which is the end of the bar. */
function GuardBar({ guard: { measure, limit }, value }: { guard: Guard; value: number | undefined }) {
  const share = value === undefined ? 0 : limit === 0 ? (value > 0 ? 1 : 0) : value / limit
  const tone = share >= 1 ? 'bg-bad' : share >= 0.75 ? 'bg-warn' : 'bg-good'
  const { label, means } = MEANS[measure]
  return <Bar label={label} title={means} said={`${value === undefined ? 'not measured yet' : formatMeasure(measure, value)}, limit ${formatMeasure(measure, limit)}`} share={share} tone={tone} over={share >= 1} />
}

function Bar({ label, title, said, share, tone, over = false }: { label: string; title?: string; said: string; share: number; tone: string; over?: boolean }) {
  return (
    <div className="min-w-0 text-sm" title={title}>
      <p className="flex items-baseline justify-between gap-3">
        <span className="font-medium">{label}</span>
        <span className={over ? 'font-medium text-bad' : 'text-ink-2'}>{said}</span>
      </p>
      <span aria-hidden className="mt-1 block h-2 overflow-hidden rounded-full bg-sunken">
        <span className={`block h-full rounded-full ${tone}`} style={{ width: `${Math.min(1, share) * 100}%` }} />
      </span>
    </div>
  )
}

export function CanaryDialog({ open, endpoint, onClose }: { open: boolean; endpoint: Endpoint; onClose: () => void }) {
  const answering = endpoint.revision.variants.filter(({ weight }) => weight > 0)
  return (
    <StepsDialog
      open={open}
      title={`Send a canary to ${endpoint.name}`}
      action="Send it"
      blocked={answering.length !== 1}
      onClose={onClose}
      done={`The canary of ${endpoint.name} is under way.`}
      start={(fields) => {
        const steps = textIn(fields, 'steps')
          .split(/[\s,%]+/)
          .filter((each) => each !== '')
          .map(Number)
        if (steps.length === 0 || !steps.every((step, i) => Number.isInteger(step) && step >= 1 && step <= 100 && step > (steps[i - 1] ?? 0))) throw new Error(`Its steps are '${textIn(fields, 'steps')}', expected ascending shares of 1 to 100 percent, as in 1, 5, 25, 100.`)
        return startCanary(endpoint.name, { model: textIn(fields, 'model'), steps, hold_seconds: Number(textIn(fields, 'hold')), least_requests: Number(textIn(fields, 'least')), guards: textIn(fields, 'guards') })
      }}
    >
      <p className="text-ink-2">
        {answering.length === 1 ? `It answers a growing share of the requests in place of ${versionOf(answering[0]!)}, as long as it keeps to its guards. Where it does not, ${versionOf(answering[0]!)} answers all again by itself.` : `${listOf(answering.map(versionOf))} answer now, and a canary is compared with one champion: stop the canary that is under way, or give one variant all requests first.`}
      </p>
      {answering.length === 1 && <CanaryFields champion={answering[0]!} />}
    </StepsDialog>
  )
}

function CanaryFields({ champion }: { champion: Variant }) {
  return (
    <>
      <ModelChoice of={champion.model} without={[versionOf(champion)]} />
      <Field label="Steps" name="steps" required defaultValue="1, 5, 25, 100" hint="Shares of the requests in percent, ascending. At the end of the last one it answers alone." />
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Each holds, in seconds" name="hold" type="number" min={1} max={2_592_000} required defaultValue={60} />
        <Field label="And answers at least" name="least" type="number" min={1} required defaultValue={100} hint="Requests." />
      </div>
      <Field label="Guards" name="guards" defaultValue="errors<1%" spellCheck={false} hint="Any of errors<0.1%, p99<20ms, disagreement<3%, shift<0.1, with commas between. What it disagrees on and shifts is found by asking the champion, too." />
    </>
  )
}
