// Promotions of a model or a version: what was checked, who decided, and the decision itself.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, CircleCheck, CircleX, Undo2, X } from 'lucide-react'
import { useState } from 'react'
import { ApiError } from '../api/client.ts'
import { decide, promotionQuery, promotionsQuery, type Promotion } from '../api/registry.ts'
import { Badge, Button, ErrorState, Section, Skeleton, Time } from '../components/basics.tsx'
import { AskDialog } from '../components/dialog.tsx'
import { attempt } from '../components/toasts.tsx'
import { WhyNot } from './promotion-refusal.tsx'

const TONES: Record<string, 'good' | 'bad' | 'warn' | 'live' | 'plain'> = {
  applied: 'good',
  approved: 'good',
  rejected: 'bad',
  expired: 'bad',
  waiting: 'warn',
  checking: 'live',
  requested: 'live',
}

const DECISIONS = {
  approve: { action: 'Approve', done: 'Approved.' },
  reject: { action: 'Reject', done: 'Rejected.' },
  cancel: { action: 'Take back', done: 'Taken back.' },
} as const

export function PromotionList({ entity }: { entity: string }) {
  const { data, error, isPending, refetch } = useQuery(promotionsQuery({ entity }))
  if (error instanceof ApiError && error.status === 403) return null
  return (
    <Section title="Promotions">
      {error ? (
        <ErrorState error={error} what="The promotions could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={2} />
      ) : data.length === 0 ? (
        <p className="text-ink-2">None yet. A policy makes an alias move only by promotion: millwright policy apply FILE.</p>
      ) : (
        <ul className="-my-2 divide-y divide-line">
          {data.map((promotion) => (
            <li key={promotion.id} className="py-2.5">
              <PromotionRow promotion={promotion} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function PromotionRow({ promotion }: { promotion: Promotion }) {
  // What waits for somebody is open, also when it came to wait while this was looked at.
  const [chosen, setChosen] = useState<boolean>()
  const open = chosen ?? promotion.state === 'waiting'
  const [deciding, setDeciding] = useState<'approve' | 'reject' | 'cancel'>()
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={TONES[promotion.state] ?? 'plain'}>{promotion.state}</Badge>
        <Link to="/model-version" search={{ name: promotion.model, version: String(promotion.version) }} className="font-medium text-accent hover:underline">
          Version {promotion.version}
        </Link>
        <span className="text-ink-2">to {promotion.alias || promotion.to}</span>
      </div>
      <p className="mt-0.5 text-sm break-words text-ink-2">
        Asked by {promotion.requester} <Time millis={Date.parse(promotion.requested_at)} />
        {promotion.reason && `: ${promotion.reason}`}
      </p>
      {promotion.note && <p className="text-sm break-words text-ink-2">{promotion.note}</p>}
      <div className="mt-1.5 flex flex-wrap gap-2">
        {promotion.state === 'waiting' && (
          <>
            <Button kind="primary" icon={Check} onClick={() => setDeciding('approve')}>
              Approve
            </Button>
            <Button kind="danger" icon={X} onClick={() => setDeciding('reject')}>
              Reject
            </Button>
            <Button kind="quiet" icon={Undo2} onClick={() => setDeciding('cancel')}>
              Take back
            </Button>
          </>
        )}
        <Button kind="quiet" aria-expanded={open} onClick={() => setChosen(!open)}>
          {open ? 'Hide the evidence' : 'Evidence and history'}
        </Button>
      </div>
      <WhyNot promotion={promotion} />
      {open && <Story id={promotion.id} />}
      <AskDialog
        open={deciding !== undefined}
        title={`${DECISIONS[deciding ?? 'approve'].action} this promotion`}
        label="Why"
        hint="It stands in the audit trail with your name."
        action={DECISIONS[deciding ?? 'approve'].action}
        onClose={() => setDeciding(undefined)}
        onDone={(message) => deciding && void attempt(() => decide(promotion.id, deciding, message), DECISIONS[deciding].done)}
      />
    </>
  )
}

function Story({ id }: { id: number }) {
  const { data, error, isPending } = useQuery(promotionQuery(id))
  if (error) return <ErrorState error={error} what="The evidence could not be read" />
  if (isPending) return <Skeleton lines={3} />
  return (
    <div className="mt-2 grid gap-3 text-sm">
      {checksOf(data.evidence).map((check, i) => (
        <div key={i} className="flex items-start gap-2">
          {check.passed ? <CircleCheck aria-label="passed" size={16} className="mt-0.5 shrink-0 text-good" /> : <CircleX aria-label="not passed" size={16} className="mt-0.5 shrink-0 text-bad" />}
          <span className="min-w-0 break-words">{check.text}</span>
        </div>
      ))}
      <ol className="grid gap-1 border-l border-line pl-3">
        {data.history.map((step, i) => (
          <li key={i}>
            <span className="font-medium">{step.state}</span> <span className="text-ink-2">by {step.actor}</span> <Time millis={Date.parse(step.at)} />
            {step.note && <span className="block break-words text-ink-2">{step.note}</span>}
          </li>
        ))}
      </ol>
      {data.decisions.map((decision, i) => (
        <p key={i} className="break-words">
          {decision.principal} said <span className="font-medium">{decision.verdict}</span>
          {decision.message && `: ${decision.message}`}
        </p>
      ))}
    </div>
  )
}

/** The evidence is the server's own JSON; of each check its verdict and its words are shown. */
function checksOf(evidence: unknown): { passed: boolean; text: string }[] {
  const checks = (evidence as { checks?: unknown } | undefined)?.checks
  if (!Array.isArray(checks)) return []
  return checks.map((check: Record<string, unknown>) => ({
    passed: check.verdict === 'passed',
    text: [check.rule, check.explanation].map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(': '),
  }))
}
