// A webhook is made or changed.

import { Dices } from 'lucide-react'
import { useId, useState, type ReactNode } from 'react'
import { changeWebhook, createWebhook, WEBHOOK_EVENTS, type Webhook } from '../api/admin.ts'
import { Button, CopyButton, ErrorState } from '../components/basics.tsx'
import { say } from '../components/toasts.tsx'

type SecretChange = 'keep' | 'set' | 'none'

export function WebhookForm({ webhook, onClose, onSaved }: { webhook: Webhook | undefined; onClose: () => void; onSaved: (id: string) => void }) {
  const [name, setName] = useState(webhook?.name ?? '')
  const [url, setUrl] = useState(webhook?.url ?? '')
  const [description, setDescription] = useState(webhook?.description ?? '')
  const [events, setEvents] = useState<ReadonlySet<string>>(new Set(webhook?.events))
  const [change, setChange] = useState<SecretChange>(webhook ? 'keep' : 'none')
  const [secret, setSecret] = useState('')
  const [saving, setSaving] = useState(false)
  const [refusal, setRefusal] = useState<unknown>()

  const save = async () => {
    setSaving(true)
    setRefusal(undefined)
    const given = { name, url, description, events: [...events], ...(change === 'keep' ? {} : { secret: change === 'set' ? secret : '' }) }
    try {
      if (webhook) {
        await changeWebhook(webhook.webhook_id, given)
        say(`Changed ${name}.`)
        onSaved(webhook.webhook_id)
      } else {
        const made = await createWebhook(given)
        say(`Made ${name}. It hears what happens from now on.`)
        onSaved(made.webhook.webhook_id)
      }
    } catch (error) {
      setRefusal(error)
      setSaving(false)
    }
  }
  const toggle = (event: string) => {
    const next = new Set(events)
    if (!next.delete(event)) next.add(event)
    setEvents(next)
  }
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" hint="Letters, digits, dots, hyphens and underscores">
          {(id) => <input id={id} value={name} onChange={(event) => setName(event.target.value)} required maxLength={63} pattern="[A-Za-z0-9]([A-Za-z0-9._\-]*[A-Za-z0-9])?" autoComplete="off" className="field w-full" />}
        </Field>
        <Field label="Leads to" hint="Where each event is posted to">
          {(id) => <input id={id} type="url" value={url} onChange={(event) => setUrl(event.target.value)} required maxLength={2000} placeholder="https://…" autoComplete="off" className="field w-full" />}
        </Field>
      </div>
      <Field label="Description">
        {(id) => <input id={id} value={description} onChange={(event) => setDescription(event.target.value)} maxLength={1000} autoComplete="off" className="field w-full" />}
      </Field>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">What it hears of</legend>
        <div className="grid gap-x-6 gap-y-1 rounded-md border border-line p-3 text-sm sm:grid-cols-2">
          {WEBHOOK_EVENTS.map(({ entity, label, actions }) => (
            <div key={entity} className="flex flex-wrap items-center justify-between gap-x-3">
              <span className="text-ink-2">{label}</span>
              <span className="flex gap-3">
                {actions.map((action) => (
                  <label key={action} className="flex items-center gap-1.5">
                    <input type="checkbox" aria-label={`${label} ${action}`} checked={events.has(`${entity}.${action}`)} onChange={() => toggle(`${entity}.${action}`)} />
                    {action}
                  </label>
                ))}
              </span>
            </div>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">Signing secret</legend>
        <div className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
          {(webhook ? (['keep', 'set', 'none'] as const) : (['none', 'set'] as const)).map((each) => (
            <label key={each} className="flex items-center gap-1.5">
              <input type="radio" name="secret" checked={change === each} onChange={() => setChange(each)} />
              {{ keep: webhook?.signed ? 'As it is: signed' : 'As it is: not signed', set: 'A new one', none: 'None' }[each]}
            </label>
          ))}
        </div>
        {change === 'set' && (
          <div className="mt-2 flex flex-wrap items-center gap-2">
            <input aria-label="The secret" value={secret} onChange={(event) => setSecret(event.target.value)} required maxLength={1000} autoComplete="off" spellCheck={false} className="field min-w-0 flex-1 basis-64 font-mono" />
            <Button icon={Dices} onClick={() => setSecret(randomSecret())}>
              Make one up
            </Button>
            <CopyButton text={secret} />
          </div>
        )}
        <p className="mt-1.5 text-sm text-ink-3">The receiver checks X-MLflow-Signature with it. This server never shows it again: keep it now.</p>
      </fieldset>
      {refusal !== undefined && <ErrorState error={refusal} what={webhook ? 'It was not changed' : 'It was not made'} />}
      <div className="flex justify-end gap-2">
        <Button kind="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button kind="primary" type="submit" disabled={saving || events.size === 0}>
          {webhook ? 'Save' : 'Make it'}
        </Button>
      </div>
    </form>
  )
}

function Field({ label, hint, children }: { label: string; hint?: string; children: (id: string) => ReactNode }) {
  const id = useId()
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      {children(id)}
      {hint && <p className="mt-1 text-sm text-ink-3">{hint}</p>}
    </div>
  )
}

function randomSecret(): string {
  return [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
