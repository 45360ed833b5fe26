// Who else is told what happens, and does it arrive?

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Download, Ellipsis, Pause, Pencil, Play, Plus, Terminal, Trash2, Webhook as WebhookIcon } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { changeWebhook, deleteWebhook, webhooksQuery, type DeliveryState, type Webhook } from '../api/admin.ts'
import { OWN, urlOf } from '../api/client.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, Empty, IconButton, PageHeader, Skeleton, Time } from '../components/basics.tsx'
import { Dialog } from '../components/dialog.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { NotShown } from '../components/refused.tsx'
import { saveFile } from '../components/save-file.ts'
import { Table, type TableColumn } from '../components/table.tsx'
import { attempt } from '../components/toasts.tsx'
import type { WebhooksSearch } from '../lib/admin-search.ts'
import { toCsv } from '../lib/csv.ts'
import { plural } from '../lib/format.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { WebhookForm } from './webhook-form.tsx'
import { WebhookPanel } from './webhook-panel.tsx'

const route = getRouteApi('/webhooks')

const STATES: Record<DeliveryState, { label: string; tone: 'good' | 'bad' | 'warn' | 'plain' }> = {
  delivered: { label: 'delivered', tone: 'good' },
  failed: { label: 'failed', tone: 'bad' },
  pending: { label: 'waiting', tone: 'warn' },
  cancelled: { label: 'given up', tone: 'plain' },
}

export function DeliveryBadge({ state }: { state: DeliveryState }) {
  const { label, tone } = STATES[state]
  return <Badge tone={tone}>{label}</Badge>
}

export interface WebhookActions {
  edit: (webhook: Webhook) => void
  pause: (webhook: Webhook) => void
  remove: (webhook: Webhook) => void
}

export function Webhooks() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/webhooks' })
  const client = useQueryClient()
  const { data, error, isPending, refetch } = useQuery(webhooksQuery)
  const webhooks = data?.webhooks ?? []
  const [form, setForm] = useState<{ webhook?: Webhook }>()
  const [removing, setRemoving] = useState<Webhook>()
  const [call, setCall] = useState<ApiCall>()
  const set = useCallback((patch: WebhooksSearch) => void navigate({ search: (old) => ({ ...old, ...patch }) }), [navigate])
  const again = useCallback(() => client.invalidateQueries({ queryKey: ['webhooks'] }), [client])
  useKeys('Webhooks', [
    { key: 'n', says: 'New webhook', run: () => setForm({}) },
    { key: 'Escape', says: 'Close the webhook', run: () => set({ webhook: undefined, delivery: undefined }) },
  ])

  const actions = useMemo<WebhookActions>(() => {
    const setStatus = (id: string, status: Webhook['status']) => changeWebhook(id, { status }).then(again)
    return {
      edit: (webhook) => setForm({ webhook }),
      pause: ({ webhook_id: id, name, status }) => {
        const next = status === 'ACTIVE' ? 'DISABLED' : 'ACTIVE'
        void attempt(() => setStatus(id, next), next === 'ACTIVE' ? `${name} is told again.` : `Paused ${name}.`, () => setStatus(id, status))
      },
      // Its secret and the record of its deliveries cannot be had back, so it goes only after a word with its owner.
      remove: setRemoving,
    }
  }, [again])
  const remove = async (webhook: Webhook) => {
    set({ webhook: undefined, delivery: undefined })
    await attempt(() => deleteWebhook(webhook.webhook_id), `Deleted ${webhook.name}.`)
    await again()
  }
  const marked = useMemo(() => new Set(search.webhook ? [search.webhook] : []), [search.webhook])
  const columns = useMemo(() => columnsOf(set, actions), [set, actions])
  const open = webhooks.find((webhook) => webhook.webhook_id === search.webhook)
  const isOpen = search.webhook !== undefined && data !== undefined

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title="Webhooks"
        actions={
          <>
            <Button icon={Download} disabled={webhooks.length === 0} onClick={() => saveFile(csvOf(webhooks), 'webhooks.csv')}>
              CSV
            </Button>
            <IconButton label="Show the API call" icon={Terminal} className="border border-line-strong" onClick={() => setCall({ method: 'GET', url: location.origin + urlOf(`${OWN}/webhooks`, { max_results: 1000 }) })} />
            <Button kind="primary" icon={Plus} onClick={() => setForm({})}>
              New webhook
            </Button>
          </>
        }
      />
      <div className={`grid min-h-0 grid-cols-[minmax(0,1fr)] gap-3 ${isOpen ? 'lg:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]' : ''}`}>
        <div className={`card h-[calc(100dvh-12rem)] min-h-64 flex-col md:h-[calc(100dvh-6.5rem)] ${isOpen ? 'hidden lg:flex' : 'flex'}`}>
          {error ? (
            <NotShown error={error} what="The webhooks could not be read" right="the right to manage this workspace" onRetry={() => void refetch()} />
          ) : isPending ? (
            <div className="p-3">
              <Skeleton lines={6} label="Loading webhooks" />
            </div>
          ) : webhooks.length === 0 ? (
            <Empty
              icon={WebhookIcon}
              title="No webhook yet"
              actions={
                <Button kind="primary" icon={Plus} onClick={() => setForm({})}>
                  New webhook
                </Button>
              }
            >
              A webhook tells another system when a model, a version or an alias changes: start a deployment, post to a chat, refresh a cache.
            </Empty>
          ) : (
            <Table
              name="webhooks"
              label="Webhooks"
              rows={webhooks}
              idOf={(webhook) => webhook.webhook_id}
              columns={columns}
              selected={marked}
              onOpen={(webhook) => set({ webhook: webhook.webhook_id, delivery: undefined })}
              more={false}
              onMore={() => {}}
              total={webhooks.length}
            />
          )}
        </div>
        {isOpen &&
          (open ? (
            <WebhookPanel
              key={open.webhook_id}
              webhook={open}
              delivery={search.delivery}
              actions={actions}
              onDelivery={(delivery) => set({ delivery })}
              onClose={() => set({ webhook: undefined, delivery: undefined })}
            />
          ) : (
            <div className="card">
              <Empty title="There is no such webhook" actions={<Button onClick={() => set({ webhook: undefined })}>Show all</Button>}>
                It was deleted, or lies in another workspace.
              </Empty>
            </div>
          ))}
      </div>
      <Dialog open={form !== undefined} onClose={() => setForm(undefined)} title={form?.webhook ? `Change ${form.webhook.name}` : 'New webhook'} wide>
        <WebhookForm
          webhook={form?.webhook}
          onClose={() => setForm(undefined)}
          onSaved={(id) => {
            setForm(undefined)
            void again()
            set({ webhook: id })
          }}
        />
      </Dialog>
      <Dialog open={removing !== undefined} onClose={() => setRemoving(undefined)} title={`Delete ${removing?.name ?? ''}?`}>
        <p>
          {removing?.signed ? 'Its signing secret and the record of its deliveries are gone then' : 'The record of its deliveries is gone then'}, and cannot be had back. A paused webhook is told nothing and keeps it.
        </p>
        <div className="mt-4 flex flex-wrap justify-end gap-2">
          <Button
            icon={Pause}
            disabled={removing?.status !== 'ACTIVE'}
            onClick={() => {
              if (removing) actions.pause(removing)
              setRemoving(undefined)
            }}
          >
            Pause it
          </Button>
          <Button
            kind="danger"
            icon={Trash2}
            onClick={() => {
              if (removing) void remove(removing)
              setRemoving(undefined)
            }}
          >
            Delete
          </Button>
        </div>
      </Dialog>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </div>
  )
}

export function WebhookMenu({ webhook, actions }: { webhook: Webhook; actions: WebhookActions }) {
  return (
    <Menu
      trigger={<IconButton label={`Actions for ${webhook.name}`} icon={Ellipsis} />}
      items={[
        { label: 'Change', icon: Pencil, run: () => actions.edit(webhook) },
        webhook.status === 'ACTIVE' ? { label: 'Pause', icon: Pause, run: () => actions.pause(webhook) } : { label: 'Go on', icon: Play, run: () => actions.pause(webhook) },
        { label: 'Delete', icon: Trash2, run: () => actions.remove(webhook) },
      ]}
    />
  )
}

function columnsOf(set: (patch: WebhooksSearch) => void, actions: WebhookActions): TableColumn<Webhook>[] {
  return [
    {
      id: 'name',
      label: 'Name',
      width: 190,
      pinned: true,
      render: (webhook) => (
        <button type="button" tabIndex={-1} title={webhook.name} onClick={() => set({ webhook: webhook.webhook_id, delivery: undefined })} className="truncate font-medium text-accent hover:underline">
          {webhook.name}
        </button>
      ),
    },
    { id: 'actions', label: '', title: 'Actions', width: 64, pinned: true, render: (webhook) => <WebhookMenu webhook={webhook} actions={actions} /> },
    { id: 'status', label: 'Status', width: 100, render: (webhook) => (webhook.status === 'ACTIVE' ? <Badge tone="good">active</Badge> : <Badge tone="warn">paused</Badge>) },
    {
      id: 'last',
      label: 'Last delivery',
      width: 190,
      render: (webhook) =>
        webhook.last ? (
          <span className="flex items-center gap-2">
            <DeliveryBadge state={webhook.last.state} />
            <span className="text-ink-3">
              <Time millis={Date.parse(webhook.last.at)} />
            </span>
          </span>
        ) : (
          <span className="text-ink-3">none yet</span>
        ),
    },
    { id: 'waiting', label: 'Waiting', width: 90, numeric: true, render: (webhook) => webhook.waiting },
    { id: 'url', label: 'Leads to', width: 300, render: (webhook) => <code className="truncate font-mono text-xs">{webhook.url}</code> },
    { id: 'events', label: 'Events', width: 260, render: (webhook) => <span title={webhook.events.join('\n')} className="truncate">{webhook.events.length === 1 ? webhook.events[0] : plural(webhook.events.length, 'event')}</span> },
    { id: 'signed', label: 'Signed', width: 90, render: (webhook) => (webhook.signed ? 'yes' : <span className="text-ink-3">no</span>) },
    { id: 'description', label: 'Description', width: 260, render: (webhook) => <span className="truncate text-ink-2">{webhook.description}</span> },
    { id: 'changed', label: 'Changed', width: 140, numeric: true, render: (webhook) => <Time millis={Date.parse(webhook.changed_at)} /> },
  ]
}

function csvOf(webhooks: readonly Webhook[]): Blob {
  const rows = webhooks.map((each) => [each.webhook_id, each.name, each.status, each.url, each.events.join(' '), String(each.signed), each.waiting, each.last?.state, each.last?.at, each.description])
  return new Blob([toCsv([['webhook_id', 'name', 'status', 'url', 'events', 'signed', 'waiting', 'last_state', 'last_at', 'description'], ...rows])], { type: 'text/csv' })
}
