// Dialogs that have the server load a model and then change who answers: asked here, watched step by step.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { CircleCheck, CircleX, LoaderCircle } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import type { Operation } from '../api/admin.ts'
import { isPrompt, modelQuery, modelsQuery, versionsQuery } from '../api/registry.ts'
import { deploy, endpointsQuery } from '../api/serving.ts'
import { Button, CodeBlock, ErrorState } from '../components/basics.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Choice, Field, textIn } from '../components/form-dialog.tsx'
import { useOperation } from '../components/operation.tsx'
import { say } from '../components/toasts.tsx'
import { sharesOf, weightFor } from '../lib/serving.ts'

/** What an operation went through, in its order; the last one is under way while it runs. */
export function Steps({ operation }: { operation: Operation }) {
  const steps = Object.entries(operation.progress).sort(([, a], [, b]) => a - b)
  return (
    <ol aria-label="Steps" className="grid gap-1.5 text-sm">
      {(steps.length === 0 ? [['beginning', 0] as const] : steps).map(([name], i, all) => {
        const last = i === all.length - 1
        const Icon = !last || operation.state === 'succeeded' ? CircleCheck : operation.state === 'running' ? LoaderCircle : CircleX
        return (
          <li key={name} className="flex items-center gap-2">
            <Icon aria-hidden size={16} className={`shrink-0 ${Icon === CircleCheck ? 'text-good' : Icon === CircleX ? 'text-bad' : 'animate-spin text-live'}`} />
            <span className="first-letter:uppercase">{name}</span>
            {last && operation.state === 'running' && <span className="text-ink-3">…</span>}
          </li>
        )
      })}
    </ol>
  )
}

interface StepsDialogProps {
  open: boolean
  title: string
  action: string
  danger?: boolean
  /** It cannot be done now; what stands in it says why. */
  blocked?: boolean
  /** Begins it; throws what is wrong with what was typed. */
  start: (fields: FormData) => Promise<Operation>
  /** Said when it has succeeded. */
  done: string
  onSucceeded?: () => void
  onClose: () => void
  children: ReactNode
}

export function StepsDialog({ open, title, onClose, ...rest }: StepsDialogProps) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <StepsForm onClose={onClose} {...rest} />
    </Dialog>
  )
}

function StepsForm({ action, danger = false, blocked = false, start, done, onSucceeded, onClose, children }: Omit<StepsDialogProps, 'open' | 'title'>) {
  const client = useQueryClient()
  const watched = useOperation()
  const { operation, busy, error } = watched
  const ended = useRef(false)
  useEffect(() => {
    if (operation?.state !== 'succeeded' || ended.current) return
    ended.current = true
    void client.invalidateQueries({ queryKey: ['serving'] })
    say(done)
    onClose()
    onSucceeded?.()
  }, [operation, client, done, onClose, onSucceeded])
  const shown = operation && operation.state !== 'failed' && operation.state !== 'cancelled'
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const fields = new FormData(event.currentTarget)
        if (!busy) void watched.begin(async () => start(fields))
      }}
    >
      <div className={shown ? 'hidden' : 'grid gap-3'}>{children}</div>
      {operation && (
        <div role="status" className={shown ? '' : 'mt-4'}>
          <Steps operation={operation} />
        </div>
      )}
      {error !== undefined && error !== null && !busy && (
        <div className="mt-3">
          <ErrorState error={error} what="That did not work. Nothing was changed." />
        </div>
      )}
      {shown && busy && <p className="mt-3 text-sm text-ink-3">Who answers now goes on answering until the model has loaded. Closing this does not stop it.</p>}
      <div className="mt-4 flex justify-end gap-2">
        <Button kind="quiet" onClick={onClose}>
          {busy ? 'Close' : 'Cancel'}
        </Button>
        {!shown && !blocked && (
          <Button kind={danger ? 'danger' : 'primary'} type="submit" disabled={busy}>
            {action}
          </Button>
        )}
      </div>
    </form>
  )
}

interface ModelChoiceProps {
  /** What is chosen at first, as in churn/4. */
  initial?: string
  /** The model that is chosen at first where no version is. */
  of?: string | undefined
  /** Versions that answer already, as in churn/3. */
  without?: readonly string[]
  onModel?: (name: string) => void
}

/** A registered model and one of its versions, by number or by an alias, in the field `model`: churn/4, churn@champion. */
export function ModelChoice({ initial = '', of = '', without = [], onModel }: ModelChoiceProps) {
  const models = useQuery(modelsQuery(''))
  const names = (models.data?.registered_models ?? []).filter((model) => !isPrompt(model)).map(({ name }) => name)
  const begin = { name: initial === '' ? of : splitModel(initial).name }
  const [chosen, setChosen] = useState(begin.name)
  const name = chosen || names[0] || ''
  useEffect(() => {
    if (name !== '') onModel?.(name)
  }, [name, onModel])
  if (models.error) return <ErrorState error={models.error} what="The models could not be read" onRetry={() => void models.refetch()} />
  if (models.data && names.length === 0) {
    return (
      <div>
        <p className="mb-2 text-ink-2">No model is registered yet. Register one from a run:</p>
        <CodeBlock label="Python code" code={'mlflow.sklearn.log_model(model, name="model",\n    registered_model_name="churn")'} />
        <input name="model" required value="" readOnly className="sr-only" tabIndex={-1} aria-hidden />
      </div>
    )
  }
  return (
    <>
      {models.data?.next_page_token ? (
        <Field label="Model" required value={name} options={names.map((value) => ({ value }))} onChange={(event) => setChosen(event.target.value)} />
      ) : (
        <Choice label="Model" value={name} options={(names.includes(name) || name === '' ? names : [name, ...names]).map((value) => ({ value }))} onChange={(event) => setChosen(event.target.value)} />
      )}
      <VersionChoice key={name} name={name} initial={begin.name === name ? initial : ''} without={without} />
    </>
  )
}

function VersionChoice({ name, initial, without }: { name: string; initial: string; without: readonly string[] }) {
  const model = useQuery({ ...modelQuery(name), enabled: name !== '', retry: false })
  const versions = useQuery({ ...versionsQuery(name), enabled: name !== '', retry: false })
  const aliases = (model.data?.aliases ?? []).filter(({ version }) => !without.includes(`${name}/${version}`)).map(({ alias, version }) => ({ value: `${name}@${alias}`, label: `${alias}: now version ${version}` }))
  const numbers = (versions.data ?? [])
    .map(({ version, status }, i) => ({ value: `${name}/${version}`, label: `Version ${version}${i === 0 ? ', the newest' : ''}`, ready: status === 'READY' }))
    .filter(({ value, ready }) => ready && !without.includes(value))
  const options = [...numbers.slice(0, 1), ...aliases, ...numbers.slice(1)]
  if (initial !== '' && options.length > 0 && !options.some(({ value }) => value === initial)) options.unshift({ value: initial, label: initial })
  return (
    <Choice
      key={options.length > 0 ? 'known' : 'asked'}
      label="Version"
      name="model"
      required
      defaultValue={initial || options[0]?.value}
      options={options.length > 0 ? options : [{ value: '', label: versions.data ? 'It has no other version that is ready' : 'Reading …' }]}
      hint="An alias is looked up once, now: when it moves, deploy again."
    />
  )
}

/** `churn/4` is churn, `a/b/4` is a/b, `churn@champion` is churn. */
export function splitModel(text: string): { name: string } {
  const at = text.lastIndexOf('@')
  const slash = text.lastIndexOf('/')
  return { name: at > 0 ? text.slice(0, at) : slash > 0 ? text.slice(0, slash) : text }
}

/** What of a model's name may stand in an endpoint's. */
export function endpointNameOf(model: string): string {
  return model
    .replaceAll(/[^a-zA-Z0-9._-]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^[._-]+|[._-]+$/g, '')
}

const NAME_PATTERN = '[a-zA-Z0-9]([a-zA-Z0-9._\\-]{0,61}[a-zA-Z0-9])?'

interface DeployDialogProps {
  open: boolean
  /** What is chosen at first, as in churn/4. */
  model?: string
  /** The one to deploy to; it is asked for without. */
  endpoint?: string
  onClose: () => void
}

export function DeployDialog({ open, onClose, ...rest }: DeployDialogProps) {
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const endpoint = rest.endpoint ?? name
  return (
    <StepsDialog
      open={open}
      title={rest.endpoint ? `Deploy to ${rest.endpoint}` : 'Deploy a model'}
      action="Deploy"
      onClose={onClose}
      done={`${endpoint} answers with the new model.`}
      onSucceeded={() => void navigate({ to: '/endpoints/$name', params: { name: endpoint } })}
      start={(fields) => {
        const share = fields.get('how') === 'beside' ? Number(textIn(fields, 'share')) : undefined
        const others = JSON.parse(textIn(fields, 'others') || '[]') as number[]
        return deploy(endpoint, textIn(fields, 'model'), share === undefined ? undefined : weightFor(share, others))
      }}
    >
      <DeployFields {...rest} name={endpoint} onName={setName} />
    </StepsDialog>
  )
}

function DeployFields({ model, endpoint, name, onName }: { model?: string; endpoint?: string; name: string; onName: (name: string) => void }) {
  const endpoints = useQuery(endpointsQuery)
  const typed = useRef(false)
  const [how, setHow] = useState<'alone' | 'beside'>('alone')
  const [share, setShare] = useState(10)
  const there = endpoints.data?.endpoints.find((each) => each.name === name)
  const others = (there?.revision.variants ?? []).map(({ weight }) => weight)
  const nameByModel = useRef((of: string) => {
    if (endpoint === undefined && !typed.current) onName(endpointNameOf(of))
  })
  const shares = sharesOf([...others, weightFor(share, others)])
  return (
    <>
      <ModelChoice key={endpoint !== undefined && there ? 'there' : 'asked'} {...(model ? { initial: model } : {})} of={endpoint === undefined ? undefined : there?.revision.variants[0]?.model} onModel={nameByModel.current} />
      {endpoint === undefined && (
        <Field
          label="Endpoint"
          name="endpoint"
          required
          pattern={NAME_PATTERN}
          title="1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
          spellCheck={false}
          value={name}
          options={(endpoints.data?.endpoints ?? []).map((each) => ({ value: each.name }))}
          onChange={(event) => {
            typed.current = true
            onName(event.target.value)
          }}
          hint={there ? 'It is there already and gets a new revision.' : 'A new one is made.'}
        />
      )}
      <input type="hidden" name="others" value={JSON.stringify(others)} />
      {there && (
        <fieldset>
          <legend className="mb-1 text-sm font-medium">Its requests</legend>
          <label className="flex items-center gap-2 py-0.5">
            <input type="radio" name="how" value="alone" checked={how === 'alone'} onChange={() => setHow('alone')} />
            All of them, in place of {there.revision.variants.map((variant) => `${variant.model}/${variant.version}`).join(' and ')}
          </label>
          <label className="flex items-center gap-2 py-0.5">
            <input type="radio" name="how" value="beside" checked={how === 'beside'} onChange={() => setHow('beside')} />
            A share of them, beside
          </label>
          {how === 'beside' && (
            <label className="mt-1 ml-6 flex items-center gap-2 text-sm">
              <span className="sr-only">Share in percent</span>
              <input type="number" name="share" min={0} max={99} required value={share} onChange={(event) => setShare(Math.max(0, Math.min(99, Number(event.target.value))))} className="field w-20" />
              <span className="text-ink-2">
                % {shares.at(-1) !== share && `(about ${shares.at(-1)} %)`} {share === 0 && 'It is loaded and kept ready.'}
              </span>
            </label>
          )}
          {there.revision.canary && <p className="mt-1 text-sm text-warn">This ends the canary that is under way.</p>}
        </fieldset>
      )}
    </>
  )
}
