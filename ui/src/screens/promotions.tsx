// Promotions of a model or a version: what was checked, who decided, and the decision itself.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, CircleCheck, CircleX, Clock, Flag, History, MessageSquarePlus, ScanSearch, Undo2, X, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { ApiError } from '../api/client.ts'
import { decide, promotionQuery, promotionsQuery, rollBack, type Promotion, type PromotionStory } from '../api/registry.ts'
import { Badge, Button, ErrorState, Section, Skeleton, Time } from '../components/basics.tsx'
import { AskDialog } from '../components/dialog.tsx'
import { Timeline, type TimelineTone } from '../components/timeline.tsx'
import { attempt } from '../components/toasts.tsx'
import { storySteps, type CheckSeen, type StoryStep } from '../lib/promotion-story.ts'

const TONES: Record<string, TimelineTone> = {
  applied: 'good',
  approved: 'good',
  rejected: 'bad',
  expired: 'bad',
  waiting: 'warn',
  checking: 'live',
  requested: 'live',
}

const DECISIONS = {
  approve: { title: 'Approve this promotion', action: 'Approve', done: 'Approved.' },
  reject: { title: 'Reject this promotion', action: 'Reject', done: 'Rejected.' },
  cancel: { title: 'Take back this promotion', action: 'Take back', done: 'Taken back.' },
  rollback: { title: 'Give the alias back to the version before', action: 'Roll back', done: 'Asked for the roll-back.' },
} as const

/** @param told whether the story of each stands open from the start */
export function PromotionList({ entity, told = false }: { entity: string; told?: boolean }) {
  const { data, error, isPending, refetch } = useQuery(promotionsQuery({ entity }))
  if (error instanceof ApiError && error.status === 403) return null
  return (
    <Section title="Promotions" id="promotions">
      {error ? (
        <ErrorState error={error} what="The promotions could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={2} />
      ) : data.length === 0 ? (
        <p className="text-ink-2">None yet. A policy makes an alias move only by promotion: millwright policy apply FILE.</p>
      ) : (
        <ul className="-my-2 divide-y divide-line">
          {data.map((promotion, i) => (
            <li key={promotion.id} id={`promotion-${promotion.id}`} className="py-2.5">
              <PromotionRow promotion={promotion} told={told && i < 5} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function PromotionRow({ promotion, told }: { promotion: Promotion; told: boolean }) {
  // What waits for somebody is open, also when it came to wait while this was looked at.
  const [chosen, setChosen] = useState<boolean>()
  const open = chosen ?? (told || promotion.state === 'waiting')
  const [deciding, setDeciding] = useState<keyof typeof DECISIONS>()
  const asked = DECISIONS[deciding ?? 'approve']
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={TONES[promotion.state] ?? 'plain'}>{promotion.state}</Badge>
        <Link to="/model-version" search={{ name: promotion.model, version: String(promotion.version) }} className="font-medium text-accent hover:underline">
          Version {promotion.version}
        </Link>
        <span className="text-ink-2">
          {promotion.kind === 'rollback' ? 'back ' : ''}to {promotion.alias || promotion.to}
        </span>
      </div>
      <p className="mt-0.5 text-sm break-words text-ink-2">
        Asked by {promotion.requester} <Time millis={Date.parse(promotion.requested_at)} />
        {promotion.reason && `: ${promotion.reason}`}
      </p>
      {!open && promotion.note && <p className="text-sm break-words text-ink-2">{promotion.note}</p>}
      <div className="mt-1.5 flex flex-wrap gap-2">
        {promotion.state === 'waiting' && (
          <>
            {promotion.may_decide && (
              <>
                <Button kind="primary" icon={Check} onClick={() => setDeciding('approve')}>
                  Approve
                </Button>
                <Button kind="danger" icon={X} onClick={() => setDeciding('reject')}>
                  Reject
                </Button>
              </>
            )}
            <Button kind="quiet" icon={Undo2} onClick={() => setDeciding('cancel')}>
              Take back
            </Button>
          </>
        )}
        {promotion.state === 'applied' && promotion.alias && promotion.holder > 0 && (
          <Button kind="quiet" icon={History} onClick={() => setDeciding('rollback')}>
            Roll back to version {promotion.holder}
          </Button>
        )}
        <Button kind="quiet" aria-expanded={open} onClick={() => setChosen(!open)}>
          {open ? 'Hide the story' : 'Evidence and history'}
        </Button>
      </div>
      {open && <Story id={promotion.id} />}
      <AskDialog
        open={deciding !== undefined}
        title={asked.title}
        label="Why"
        hint="It stands in the audit trail with your name."
        action={asked.action}
        onClose={() => setDeciding(undefined)}
        onDone={(message) => deciding && void attempt(() => (deciding === 'rollback' ? rollBack(promotion.id, message) : decide(promotion.id, deciding, message)), asked.done)}
      />
    </>
  )
}

function Story({ id }: { id: number }) {
  const { data, error, isPending } = useQuery(promotionQuery(id))
  if (error) return <ErrorState error={error} what="The evidence could not be read" />
  if (isPending) return <Skeleton lines={3} />
  return (
    <div className="mt-3">
      <PromotionTimeline story={data} />
      {data.evidence_sha256 && (
        <p className="mt-3 text-xs break-all text-ink-3">
          <a href={`${data.link}/evidence`} download={`promotion-${id}-evidence.json`} className="text-accent underline">
            Evidence as it was hashed
          </a>{' '}
          SHA-256 {data.evidence_sha256}
        </p>
      )}
    </div>
  )
}

const STEPS: Record<StoryStep['kind'], { icon: LucideIcon; tone: TimelineTone }> = {
  requested: { icon: MessageSquarePlus, tone: 'plain' },
  checking: { icon: ScanSearch, tone: 'live' },
  waiting: { icon: Clock, tone: 'warn' },
  approve: { icon: Check, tone: 'good' },
  reject: { icon: X, tone: 'bad' },
  approved: { icon: Check, tone: 'good' },
  applied: { icon: Flag, tone: 'good' },
  ended: { icon: X, tone: 'bad' },
}

export function PromotionTimeline({ story }: { story: PromotionStory }) {
  return (
    <Timeline
      label={`Story of promotion ${story.id}`}
      steps={storySteps(story).map((step, i) => ({
        key: String(i),
        ...STEPS[step.kind],
        title: (
          <>
            {step.who && <span className="font-medium">{step.who} </span>}
            {step.what}
          </>
        ),
        at: Date.parse(step.at),
        note: step.checks.length > 0 ? <Checks checks={step.checks} /> : step.note,
      }))}
    />
  )
}

function Checks({ checks }: { checks: readonly CheckSeen[] }) {
  return (
    <ul className="grid gap-1">
      {checks.map((check, i) => (
        <li key={i} className="flex items-start gap-2">
          {check.passed ? <CircleCheck role="img" aria-label="passed" size={16} className="mt-0.5 shrink-0 text-good" /> : <CircleX role="img" aria-label="not passed" size={16} className="mt-0.5 shrink-0 text-bad" />}
          <span className="min-w-0 break-words">{check.text}</span>
        </li>
      ))}
    </ul>
  )
}
