// The small parts every screen is made of.

import { Ban, Check, CircleCheck, CircleX, Clock, Copy, LoaderCircle, RotateCw, type LucideIcon } from 'lucide-react'
import { useState, type ComponentPropsWithRef, type ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { formatAgo, formatDateTime, formatUtc } from '../lib/format.ts'
import { useNow } from './clock.ts'

type ButtonKind = 'plain' | 'primary' | 'quiet' | 'danger'

const BUTTONS: Record<ButtonKind, string> = {
  plain: 'border border-line-strong bg-surface hover:bg-hover',
  primary: 'border border-transparent bg-accent text-on-accent hover:bg-accent-hover',
  quiet: 'border border-transparent hover:bg-hover',
  danger: 'border border-line-strong bg-surface text-bad hover:bg-bad-soft',
}

export function buttonClass(kind: ButtonKind = 'plain'): string {
  return `inline-flex min-h-8 items-center justify-center gap-1.5 rounded-md px-2.5 py-1 text-sm font-medium whitespace-nowrap select-none disabled:opacity-50 ${BUTTONS[kind]}`
}

interface ButtonProps extends ComponentPropsWithRef<'button'> {
  kind?: ButtonKind
  icon?: LucideIcon
}

/** A link among those to the parts of a screen. */
export function tabClass(current: boolean): string {
  return `-mb-px border-b-2 px-3 py-1.5 ${current ? 'border-accent font-semibold text-ink' : 'border-transparent text-ink-2 hover:text-ink'}`
}

export function Button({ kind = 'plain', icon: Icon, children, className = '', ...rest }: ButtonProps) {
  return (
    <button type="button" className={`${buttonClass(kind)} ${className}`} {...rest}>
      {Icon && <Icon aria-hidden size={15} />}
      {children}
    </button>
  )
}

export function IconButton({ label, icon: Icon, className = '', ...rest }: { label: string; icon: LucideIcon } & ComponentPropsWithRef<'button'>) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink disabled:opacity-50 ${className}`}
      {...rest}
    >
      <Icon aria-hidden size={16} />
    </button>
  )
}

export function Key({ name }: { name: string }) {
  const text = name === 'mod+k' ? (/Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K') : name === 'Enter' ? '↵' : name
  return <kbd className="rounded-sm border border-line bg-sunken px-1.5 py-px font-mono text-xs text-ink-2">{text}</kbd>
}

const STATUSES: Record<string, { label: string; icon: LucideIcon; tone: string }> = {
  RUNNING: { label: 'Running', icon: LoaderCircle, tone: 'bg-live-soft text-live' },
  SCHEDULED: { label: 'Scheduled', icon: Clock, tone: 'bg-warn-soft text-warn' },
  FINISHED: { label: 'Finished', icon: CircleCheck, tone: 'bg-good-soft text-good' },
  FAILED: { label: 'Failed', icon: CircleX, tone: 'bg-bad-soft text-bad' },
  KILLED: { label: 'Killed', icon: Ban, tone: 'bg-warn-soft text-warn' },
}

export function statusLabel(status: string): string {
  return STATUSES[status]?.label ?? status
}

export function Status({ status }: { status: string }) {
  const { label, icon: Icon, tone } = STATUSES[status] ?? { label: status, icon: Clock, tone: 'bg-sunken text-ink-2' }
  return (
    <span className={`inline-flex items-center gap-1 rounded-full px-2 py-px text-xs font-medium whitespace-nowrap ${tone}`}>
      <Icon aria-hidden size={12} className={status === 'RUNNING' ? 'animate-spin' : ''} />
      {label}
    </span>
  )
}

export function Badge({ tone = 'plain', children, title }: { tone?: 'plain' | 'good' | 'bad' | 'warn' | 'live' | 'accent'; children: ReactNode; title?: string }) {
  const tones = {
    plain: 'bg-sunken text-ink-2',
    good: 'bg-good-soft text-good',
    bad: 'bg-bad-soft text-bad',
    warn: 'bg-warn-soft text-warn',
    live: 'bg-live-soft text-live',
    accent: 'bg-accent-soft text-accent',
  }
  return (
    <span title={title} className={`inline-flex max-w-full items-center gap-1 rounded-full px-2 py-px text-xs font-medium ${tones[tone]}`}>
      {children}
    </span>
  )
}

/** How long ago, in the reader's zone beyond a week, in UTC on hover. */
export function Time({ millis, exact = false }: { millis: number | null | undefined; exact?: boolean }) {
  const now = useNow()
  if (!millis) return <span className="text-ink-3">–</span>
  return (
    <time dateTime={new Date(millis).toISOString()} title={`${formatDateTime(millis, true)} here\n${formatUtc(millis)}`} className="whitespace-nowrap">
      {exact ? formatDateTime(millis, true) : formatAgo(millis, now)}
    </time>
  )
}

export function Skeleton({ lines = 3, label = 'Loading' }: { lines?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="grid gap-2.5 p-1">
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} className="skeleton h-4" style={{ width: `${92 - ((i * 23) % 45)}%` }} />
      ))}
    </div>
  )
}

export function Empty({ icon: Icon, title, children, actions }: { icon?: LucideIcon; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-xl flex-col items-center gap-2 px-4 py-10 text-center">
      {Icon && <Icon aria-hidden size={28} className="text-ink-3" />}
      <h3 className="text-lg font-semibold text-balance">{title}</h3>
      {children && <div className="w-full text-ink-2">{children}</div>}
      {actions && <div className="mt-2 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}

export function ErrorState({ error, onRetry, what }: { error: unknown; onRetry?: () => void; what: string }) {
  const api = error instanceof ApiError ? error : undefined
  return (
    <div role="alert" className="m-1 rounded-md border border-line bg-bad-soft p-3 text-sm">
      <p className="font-semibold text-bad">{what}</p>
      <p className="mt-1 break-words whitespace-pre-wrap">{error instanceof Error ? error.message : String(error)}</p>
      <div className="mt-2 flex flex-wrap items-center gap-3">
        {onRetry && (
          <Button icon={RotateCw} onClick={onRetry}>
            Try again
          </Button>
        )}
        {api?.requestId && (
          <span className="text-ink-2">
            Request <code className="font-mono text-xs break-all">{api.requestId}</code>: the server's log tells more under this id.
          </span>
        )}
      </div>
    </div>
  )
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false)
  return (
    <Button
      kind="quiet"
      icon={copied ? Check : Copy}
      onClick={() => {
        void copyText(text).then((done) => {
          setCopied(done)
          setTimeout(() => setCopied(false), 2000)
        })
      }}
    >
      {copied ? 'Copied' : label}
    </Button>
  )
}

/** Pages that are not served over HTTPS or from this machine have no clipboard: then the text is selected to be copied. */
async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text)
    return true
  }
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}

export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      <pre tabIndex={0} aria-label={label} className="overflow-x-auto p-3 pr-24 font-mono text-sm leading-6">
        {code}
      </pre>
      <div className="absolute top-1.5 right-1.5 rounded-md bg-sunken">
        <CopyButton text={code} />
      </div>
    </div>
  )
}

export function Section({ title, actions, children, id }: { title: ReactNode; actions?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <section className="card min-w-0" aria-labelledby={id}>
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-3.5 py-1.5">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {actions && <div className="flex flex-wrap items-center gap-1">{actions}</div>}
      </header>
      <div className="p-3.5">{children}</div>
    </section>
  )
}

export function PageHeader({ title, above, actions, children }: { title: ReactNode; above?: ReactNode; actions?: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-4 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-64">
        {above && <div className="mb-0.5 text-sm text-ink-3">{above}</div>}
        <h1 className="text-xl font-semibold break-words">{title}</h1>
        {children}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}
