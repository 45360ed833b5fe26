// What happened, in its order: each step with who did it and when.

import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Time } from './basics.tsx'

export type TimelineTone = 'plain' | 'good' | 'bad' | 'warn' | 'live'

export interface TimelineStep {
  key: string
  icon: LucideIcon
  tone: TimelineTone
  title: ReactNode
  /** Epoch milliseconds. */
  at: number
  note?: ReactNode
}

const TONES: Record<TimelineTone, string> = {
  plain: 'bg-sunken text-ink-2',
  good: 'bg-good-soft text-good',
  bad: 'bg-bad-soft text-bad',
  warn: 'bg-warn-soft text-warn',
  live: 'bg-live-soft text-live',
}

export function Timeline({ label, steps }: { label: string; steps: readonly TimelineStep[] }) {
  return (
    <ol aria-label={label} className="text-sm">
      {steps.map(({ key, icon: Icon, tone, title, at, note }, i) => (
        <li key={key} className="relative flex gap-3 pb-4 last:pb-0">
          {i < steps.length - 1 && <span aria-hidden className="absolute top-6 bottom-0 left-3 border-l border-line-strong" />}
          <span aria-hidden className={`z-1 flex size-6 shrink-0 items-center justify-center rounded-full ${TONES[tone]}`}>
            <Icon size={14} />
          </span>
          <div className="min-w-0 flex-1 pt-0.5">
            <p className="flex flex-wrap items-baseline justify-between gap-x-3">
              <span className="min-w-0 break-words">{title}</span>
              <span className="text-xs text-ink-3">
                <Time millis={at} />
              </span>
            </p>
            {note && <div className="mt-0.5 break-words text-ink-2">{note}</div>}
          </div>
        </li>
      ))}
    </ol>
  )
}
