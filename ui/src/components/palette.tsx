// Finds any experiment, run, model, endpoint, dataset or action by its name.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { Boxes, Component, Database, FlaskConical, Keyboard, KeyRound, Moon, Play, RadioTower, ShieldQuestionMark, SlidersHorizontal, Sun, SunMoon, type LucideIcon } from 'lucide-react'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { settingsQuery } from '../api/admin.ts'
import { datasetNamesQuery } from '../api/lake.ts'
import { isPrompt, modelsQuery } from '../api/registry.ts'
import { endpointsQuery } from '../api/serving.ts'
import { experimentsQuery, searchRunsQuery } from '../api/tracking.ts'
import { Status } from './basics.tsx'
import { ADMINISTRATION, PLACES } from './places.ts'
import { chooseTheme } from './theme.ts'

export function Palette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const ref = useRef<HTMLDialogElement>(null)
  const [typed, setTyped] = useState('')
  const navigate = useNavigate()
  useEffect(() => {
    ref.current?.showModal()
  }, [])
  const q = useDeferredValue(typed.trim())
  const experiments = useQuery(experimentsQuery('active', q && !q.includes("'") ? `name ILIKE '%${q}%'` : ''))
  const ids = useQuery(experimentsQuery('active', ''))
  const experimentIds = (ids.data?.experiments ?? []).map((each) => each.experiment_id)
  const isId = /^[0-9a-f]{32}$/.test(q)
  const runs = useQuery({
    ...searchRunsQuery({
      experiment_ids: experimentIds,
      filter: isId ? `attributes.run_id = '${q}'` : `attributes.run_name ILIKE '%${q.replaceAll("'", '_')}%'`,
      max_results: 8,
    }),
    enabled: q.length >= 2 && experimentIds.length > 0,
  })
  const models = useQuery(modelsQuery(q))
  const endpoints = useQuery({ ...endpointsQuery, refetchInterval: false, retry: false })
  const datasets = useQuery(datasetNamesQuery(q))
  // Only administrators may see them: asked for when what is typed looks like one.
  const settings = useQuery({ ...settingsQuery, enabled: /^[a-z]+\./.test(q) })
  const go = (action: () => unknown) => () => {
    onClose()
    void action()
  }
  const actions: { label: string; icon: LucideIcon; run: () => void }[] = [
    ...[...PLACES, ...ADMINISTRATION].map(({ to, label, icon }) => ({ label: `Go to ${label}`, icon, run: go(() => navigate({ to })) })),
    { label: 'My tokens', icon: KeyRound, run: go(() => navigate({ to: '/access', search: { part: 'tokens' } })) },
    { label: 'What may I do?', icon: ShieldQuestionMark, run: go(() => navigate({ to: '/access', search: { part: 'explain' } })) },
    { label: 'Components of this UI', icon: Component, run: go(() => navigate({ to: '/gallery' })) },
    { label: 'Theme: light', icon: Sun, run: go(() => chooseTheme('light')) },
    { label: 'Theme: dark', icon: Moon, run: go(() => chooseTheme('dark')) },
    { label: 'Theme: as the system says', icon: SunMoon, run: go(() => chooseTheme('system')) },
    { label: 'Show all keys', icon: Keyboard, run: go(onKeys) },
  ]
  const foundRuns = q.length >= 2 ? (runs.data ?? []) : []
  const foundExperiments = (experiments.data?.experiments ?? []).slice(0, 8)
  const foundModels = (models.data?.registered_models ?? []).filter((model) => !isPrompt(model)).slice(0, 8)
  const foundEndpoints = (endpoints.data?.endpoints ?? []).filter(({ name }) => name.toLowerCase().includes(q.toLowerCase())).slice(0, 8)
  const foundDatasets = datasets.data ?? []
  const foundSettings = (settings.data?.settings ?? []).filter(({ key }) => q.includes('.') && key.includes(q.toLowerCase())).slice(0, 8)
  const shownActions = actions.filter((action) => action.label.toLowerCase().includes(q.toLowerCase()))
  // Results come and go; the mark must be on one that is there.
  const [marked, setMarked] = useState('')
  const shown = [
    ...foundRuns.map(({ info }) => `run ${info.run_id}`),
    ...foundExperiments.map((each) => `experiment ${each.experiment_id}`),
    ...foundModels.map((model) => `model ${model.name}`),
    ...foundEndpoints.map(({ name }) => `endpoint ${name}`),
    ...foundDatasets.map(({ name }) => `dataset ${name}`),
    ...foundSettings.map(({ key }) => `setting ${key}`),
    ...shownActions.map((action) => `action ${action.label}`),
  ]
  return (
    <dialog
      ref={ref}
      aria-label="Find anything"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) onClose()
      }}
      className="mx-auto mt-[10dvh] w-[calc(100vw-1.5rem)] max-w-xl overflow-hidden rounded-lg border border-line bg-raised p-0 text-ink shadow-float"
    >
      <Command shouldFilter={false} label="Find anything" loop value={shown.includes(marked) ? marked : (shown[0] ?? '')} onValueChange={setMarked}>
        <Command.Input
          autoFocus
          value={typed}
          onValueChange={setTyped}
          placeholder="Find an experiment, a run, a model, an endpoint, a dataset, a setting, an action"
          className="w-full border-b border-line bg-transparent px-4 py-3 text-lg outline-none"
        />
        <Command.List className="max-h-[55dvh] overflow-y-auto p-1.5 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-ink-3">
          <Command.Empty className="px-3 py-6 text-center text-ink-2">Nothing has this name.</Command.Empty>
          {foundRuns.length > 0 && (
            <Command.Group heading="Runs">
              {foundRuns.map(({ info }) => (
                <Found key={info.run_id} id={`run ${info.run_id}`} icon={Play} onSelect={go(() => navigate({ to: '/runs/$id', params: { id: info.run_id } }))}>
                  <span className="min-w-0 flex-1 truncate">{info.run_name}</span>
                  <Status status={info.status} />
                </Found>
              ))}
            </Command.Group>
          )}
          {foundExperiments.length > 0 && (
            <Command.Group heading="Experiments">
              {foundExperiments.map((each) => (
                <Found
                  key={each.experiment_id}
                  id={`experiment ${each.experiment_id}`}
                  icon={FlaskConical}
                  onSelect={go(() => navigate({ to: '/experiments/$id', params: { id: each.experiment_id } }))}
                >
                  <span className="min-w-0 flex-1 truncate">{each.name}</span>
                </Found>
              ))}
            </Command.Group>
          )}
          {foundModels.length > 0 && (
            <Command.Group heading="Models">
              {foundModels.map((model) => (
                <Found key={model.name} id={`model ${model.name}`} icon={Boxes} onSelect={go(() => navigate({ to: '/model', search: { name: model.name } }))}>
                  <span className="min-w-0 flex-1 truncate">{model.name}</span>
                </Found>
              ))}
            </Command.Group>
          )}
          {foundEndpoints.length > 0 && (
            <Command.Group heading="Endpoints">
              {foundEndpoints.map(({ name, revision }) => (
                <Found key={name} id={`endpoint ${name}`} icon={RadioTower} onSelect={go(() => navigate({ to: '/endpoints/$name', params: { name } }))}>
                  <span className="min-w-0 flex-1 truncate">{name}</span>
                  <span className="max-w-48 truncate text-xs text-ink-3">{revision.variants.map(({ model, version }) => `${model}/${version}`).join(', ')}</span>
                </Found>
              ))}
            </Command.Group>
          )}
          {foundDatasets.length > 0 && (
            <Command.Group heading="Datasets">
              {foundDatasets.map(({ name, comment }) => (
                <Found key={name} id={`dataset ${name}`} icon={Database} onSelect={go(() => navigate({ to: '/datasets/$name', params: { name } }))}>
                  <span className="min-w-0 flex-1 truncate">{name}</span>
                  <span className="max-w-48 truncate text-xs text-ink-3">{comment}</span>
                </Found>
              ))}
            </Command.Group>
          )}
          {foundSettings.length > 0 && (
            <Command.Group heading="Settings">
              {foundSettings.map(({ key, value, hidden }) => (
                <Found key={key} id={`setting ${key}`} icon={SlidersHorizontal} onSelect={go(() => navigate({ to: '/settings', search: { q: key } }))}>
                  <span className="min-w-0 flex-1 truncate font-mono text-xs">{key}</span>
                  <span className="max-w-40 truncate text-xs text-ink-3">{hidden ? 'not shown' : value}</span>
                </Found>
              ))}
            </Command.Group>
          )}
          {shownActions.length > 0 && (
            <Command.Group heading="Actions">
              {shownActions.map((action) => (
                <Found key={action.label} id={`action ${action.label}`} icon={action.icon} onSelect={action.run}>
                  {action.label}
                </Found>
              ))}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </dialog>
  )
}

function Found({ id, icon: Icon, onSelect, children }: { id: string; icon: LucideIcon; onSelect: () => void; children: React.ReactNode }) {
  return (
    <Command.Item value={id} onSelect={onSelect} className="menu-item">
      <Icon aria-hidden size={15} className="shrink-0 text-ink-3" />
      {children}
    </Command.Item>
  )
}
