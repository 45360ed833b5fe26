// One webhook: what it is, a try of it, and what became of what it was told.

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronDown, ChevronRight, CircleCheck, CircleX, RotateCw, Send, X } from 'lucide-react'
import { useState } from 'react'
import { deliveriesQuery, deliveryQuery, redeliver, testWebhook, type Delivery, type DeliveryAttempt, type TestResult, type Webhook } from '../api/admin.ts'
import { Badge, Button, CodeBlock, Empty, ErrorState, IconButton, Skeleton, Time } from '../components/basics.tsx'
import { attempt } from '../components/toasts.tsx'
import { formatDuration, plural } from '../lib/format.ts'
import { DeliveryBadge, WebhookMenu, type WebhookActions } from './webhooks.tsx'

interface PanelProps {
  webhook: Webhook
  delivery: string | undefined
  actions: WebhookActions
  onDelivery: (id: string | undefined) => void
  onClose: () => void
}

export function WebhookPanel({ webhook, delivery, actions, onDelivery, onClose }: PanelProps) {
  return (
    <section aria-label={`Webhook ${webhook.name}`} className="card flex min-w-0 flex-col md:h-[calc(100dvh-6.5rem)]">
      <header className="flex min-h-12 items-center gap-2 border-b border-line py-1.5 pr-1.5 pl-3.5">
        <h2 className="min-w-0 flex-1 truncate font-semibold">{webhook.name}</h2>
        {webhook.status === 'ACTIVE' ? <Badge tone="good">active</Badge> : <Badge tone="warn">paused</Badge>}
        <WebhookMenu webhook={webhook} actions={actions} />
        <IconButton label="Close the webhook" icon={X} onClick={onClose} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-3.5" tabIndex={0} role="region" aria-label="The webhook's details">
        {webhook.description && <p className="mb-2 break-words text-ink-2">{webhook.description}</p>}
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 text-sm">
          <dt className="text-ink-3">Leads to</dt>
          <dd className="font-mono text-xs leading-5 break-all">{webhook.url}</dd>
          <dt className="text-ink-3">Hears of</dt>
          <dd className="flex flex-wrap gap-1">
            {webhook.events.map((event) => (
              <Badge key={event}>{event}</Badge>
            ))}
          </dd>
          <dt className="text-ink-3">Signed</dt>
          <dd>{webhook.signed ? 'yes; the secret is never shown' : 'no'}</dd>
          <dt className="text-ink-3">Made</dt>
          <dd>
            <Time millis={Date.parse(webhook.created_at)} />
          </dd>
        </dl>
        <Try webhook={webhook} />
        <Deliveries webhook={webhook} open={delivery} onOpen={onDelivery} />
      </div>
    </section>
  )
}

function Try({ webhook }: { webhook: Webhook }) {
  const [busy, setBusy] = useState(false)
  const [result, setResult] = useState<TestResult>()
  const [failure, setFailure] = useState<unknown>()
  const send = async () => {
    setBusy(true)
    setResult(undefined)
    setFailure(undefined)
    try {
      setResult(await testWebhook(webhook.webhook_id))
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-2 text-sm" role="status">
      <Button icon={Send} disabled={busy} onClick={() => void send()}>
        {busy ? 'Sending …' : 'Send a made-up event'}
      </Button>
      {failure !== undefined && <ErrorState error={failure} what="It could not be sent" />}
      {result && (
        <span className="flex min-w-0 items-start gap-1.5">
          {result.success ? <CircleCheck aria-label="good" size={16} className="mt-0.5 shrink-0 text-good" /> : <CircleX aria-label="bad" size={16} className="mt-0.5 shrink-0 text-bad" />}
          <span className="min-w-0 break-words">
            {result.response_status === undefined ? result.error_message : `Answered ${result.response_status}`}
            {result.response_body && <span className="text-ink-2">: {result.response_body.slice(0, 200)}</span>}
          </span>
        </span>
      )}
    </div>
  )
}

function Deliveries({ webhook, open, onOpen }: { webhook: Webhook; open: string | undefined; onOpen: (id: string | undefined) => void }) {
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(deliveriesQuery(webhook.webhook_id))
  const deliveries = (data?.pages ?? []).flatMap((page) => page.deliveries)
  return (
    <>
      <h3 className="mt-5 mb-1 font-semibold">Deliveries</h3>
      {error ? (
        <ErrorState error={error} what="The deliveries could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={3} label="Loading deliveries" />
      ) : deliveries.length === 0 ? (
        <Empty title="Nothing was delivered yet">It is told as soon as one of its events happens. A made-up event is not kept here.</Empty>
      ) : (
        <ul aria-label="Deliveries" className="divide-y divide-line border-y border-line">
          {deliveries.map((delivery) => (
            <li key={delivery.delivery_id}>
              <DeliveryRow webhook={webhook} delivery={delivery} open={open === delivery.delivery_id} onOpen={() => onOpen(open === delivery.delivery_id ? undefined : delivery.delivery_id)} />
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button kind="quiet" className="mt-2" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show earlier ones
        </Button>
      )}
    </>
  )
}

function DeliveryRow({ webhook, delivery, open, onOpen }: { webhook: Webhook; delivery: Delivery; open: boolean; onOpen: () => void }) {
  const client = useQueryClient()
  const last = delivery.attempts.at(-1)
  const Chevron = open ? ChevronDown : ChevronRight
  const again = () =>
    attempt(async () => {
      await redeliver(webhook.webhook_id, delivery.delivery_id)
      await client.invalidateQueries({ queryKey: ['webhooks'] })
    }, `Sending ${delivery.event} again, under the same id.`)
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5 py-1.5 text-sm">
        <button type="button" aria-expanded={open} onClick={onOpen} className="flex min-w-0 flex-1 basis-56 items-start gap-1.5 text-left">
          <Chevron aria-hidden size={15} className="mt-0.5 shrink-0 text-ink-3" />
          <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5">
            <span className="min-w-0 truncate font-medium">{delivery.event}</span>
            <DeliveryBadge state={delivery.state} />
            <span className="text-ink-2">
              {last?.response_status !== undefined && `${last.response_status}, `}
              {last && `${formatDuration(last.duration_ms)}, `}
              {plural(delivery.attempt_count, 'try', 'tries')}
            </span>
            <span className="text-ink-3">
              <Time millis={Date.parse(delivery.created_at)} />
            </span>
          </span>
        </button>
        {delivery.state !== 'pending' && (
          <Button kind="quiet" icon={RotateCw} disabled={webhook.status !== 'ACTIVE'} title={webhook.status === 'ACTIVE' ? undefined : 'The webhook is paused'} onClick={() => void again()}>
            Send again
          </Button>
        )}
      </div>
      {delivery.next_attempt_at && Date.parse(delivery.next_attempt_at) > 0 && (
        <p className="pb-1.5 pl-6 text-sm text-ink-2">
          Next try <Time millis={Date.parse(delivery.next_attempt_at)} exact />
        </p>
      )}
      {open && <Details webhook={webhook} delivery={delivery} />}
    </>
  )
}

function Details({ webhook, delivery }: { webhook: Webhook; delivery: Delivery }) {
  const whole = useQuery(deliveryQuery(webhook.webhook_id, delivery.delivery_id))
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3 pb-3 pl-6 text-sm">
      <p className="text-ink-2">
        X-MLflow-Delivery-Id <code className="font-mono text-xs break-all">{delivery.delivery_id}</code>
      </p>
      {delivery.attempts.length > 0 && (
        <ol aria-label="Tries" className="grid gap-2 border-l border-line pl-3">
          {delivery.attempts.map((each) => (
            <Attempt key={each.number} attempt={each} />
          ))}
        </ol>
      )}
      {whole.error ? <ErrorState error={whole.error} what="What was sent could not be read" /> : whole.data?.request_body === undefined ? <Skeleton lines={2} /> : <CodeBlock label="What was sent" code={pretty(whole.data.request_body)} />}
    </div>
  )
}

function Attempt({ attempt: each }: { attempt: DeliveryAttempt }) {
  return (
    <li>
      <span className="font-medium">Try {each.number}</span> <Time millis={Date.parse(each.at)} exact />, {formatDuration(each.duration_ms)}:{' '}
      {each.response_status === undefined ? <span className="text-bad">{each.error ?? 'no answer'}</span> : <span>answered {each.response_status}</span>}
      {each.response_body ? <pre className="mt-1 max-h-40 overflow-auto rounded-md bg-sunken p-2 font-mono text-xs break-words whitespace-pre-wrap">{each.response_body}</pre> : null}
    </li>
  )
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
