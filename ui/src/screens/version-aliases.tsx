// Aliases and the stage of a version. What a policy governs moves by a promotion, which is asked for with a reason.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronDown, Plus, X } from 'lucide-react'
import { useId, useState } from 'react'
import { ApiError } from '../api/client.ts'
import { askPromotion, deleteAlias, modelQuery, policiesQuery, setAlias, setStage, type ModelVersion } from '../api/registry.ts'
import { Button, IconButton, Section } from '../components/basics.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Menu } from '../components/menu.tsx'
import { attempt, say, sayFailure } from '../components/toasts.tsx'
import { stageOf } from './model.tsx'

const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const

export function Aliases({ version }: { version: ModelVersion }) {
  const { name, version: number } = version
  const policies = useQuery(policiesQuery)
  const client = useQueryClient()
  const [adding, setAdding] = useState(false)
  const stage = stageOf(version) || 'None'

  async function give(alias: string, reason: string): Promise<void> {
    // What it stood for must be known to have it back.
    const known = await client.fetchQuery({ ...modelQuery(name), staleTime: 0 }).catch(() => undefined)
    const before = known?.aliases?.find((each) => each.alias === alias)?.version
    // Whoever may not read the policies sets it, and is told by the server when one governs it.
    const inForce = await client.ensureQueryData(policiesQuery).catch(() => [])
    if (inForce.length > 0 && (await askFor(alias, reason))) return
    await attempt(() => setAlias(name, alias, number), `${alias} stands for version ${number}.`, known && (() => (before ? setAlias(name, alias, before) : deleteAlias(name, alias))))
  }

  /** Whether a policy governs the alias, so that a promotion was asked for. */
  async function askFor(alias: string, reason: string): Promise<boolean> {
    try {
      const promotion = await askPromotion({ model: name, version: Number(number), alias, reason })
      say(
        promotion.state === 'applied'
          ? `${alias} stands for version ${number}, by promotion ${promotion.id}.`
          : `${alias} moves only by promotion: number ${promotion.id} is asked for and ${promotion.state === 'waiting' ? 'waits for a decision' : `is ${promotion.state}`}.`,
      )
      void client.invalidateQueries({ queryKey: ['promotion'] })
      return true
    } catch (error) {
      // An alias that no policy governs is simply set; whatever else is wrong, setting it says.
      if (error instanceof ApiError && (error.status === 400 || error.status === 409)) return false
      sayFailure('The promotion could not be asked for', error)
      return true
    }
  }

  return (
    <Section
      title="Aliases and stage"
      actions={
        <Button kind="quiet" icon={Plus} onClick={() => setAdding(true)}>
          Give an alias
        </Button>
      }
    >
      {(version.aliases ?? []).length === 0 ? (
        <p className="text-ink-2">No alias stands for this version.</p>
      ) : (
        <ul className="flex flex-wrap gap-2">
          {version.aliases?.map((alias) => (
            <li key={alias} className="flex max-w-full items-center rounded-full bg-accent-soft pl-3 text-sm font-medium text-accent">
              <span className="min-w-0 truncate">{alias}</span>
              <IconButton
                label={`Take away ${alias}`}
                icon={X}
                className="size-7!"
                onClick={() => void attempt(() => deleteAlias(name, alias), `Took ${alias} away.`, () => setAlias(name, alias, number))}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="mt-3 flex items-center gap-2 text-sm">
        <span className="text-ink-3">Stage</span>
        <Menu
          align="start"
          trigger={
            <Button>
              {stage} <ChevronDown aria-hidden size={14} />
            </Button>
          }
          items={STAGES.map((to) => ({
            label: to,
            ...(to === stage ? { hint: 'now', disabled: true } : {}),
            run: () => void attempt(() => setStage(name, number, to), `Version ${number} is in ${to}.`, () => setStage(name, number, STAGES.find((each) => each === stage) ?? 'None')),
          }))}
        />
      </div>
      <AliasDialog open={adding} withReason={policies.data !== undefined && policies.data.length > 0} onClose={() => setAdding(false)} onDone={(alias, reason) => void give(alias, reason)} />
    </Section>
  )
}

function AliasDialog({ open, withReason, onClose, onDone }: { open: boolean; withReason: boolean; onClose: () => void; onDone: (alias: string, reason: string) => void }) {
  const id = useId()
  return (
    <Dialog open={open} onClose={onClose} title="Give an alias">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const data = new FormData(event.currentTarget)
          const alias = String(data.get('alias') ?? '').trim()
          if (alias === '') return
          onClose()
          onDone(alias, String(data.get('reason') ?? '').trim())
        }}
        className="grid gap-3"
      >
        <div>
          <label htmlFor={`${id}-alias`} className="mb-1 block text-sm font-medium">
            Alias
          </label>
          <input id={`${id}-alias`} name="alias" required maxLength={256} autoComplete="off" className="field w-full" />
          <p className="mt-1 text-sm text-ink-3">It moves here from the version it stands for.</p>
        </div>
        {withReason && (
          <div>
            <label htmlFor={`${id}-reason`} className="mb-1 block text-sm font-medium">
              Reason
            </label>
            <textarea id={`${id}-reason`} name="reason" rows={3} maxLength={2000} className="field w-full" />
            <p className="mt-1 text-sm text-ink-3">Where a policy governs the alias this asks for a promotion; whoever decides reads the reason.</p>
          </div>
        )}
        <div className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit">
            Give
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
