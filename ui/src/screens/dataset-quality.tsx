// What a dataset must keep, and whether its latest version does.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, CircleX, Pencil, Plus, RotateCw, ShieldCheck, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Dataset } from '../api/lake.ts'
import { checkAgain, qualityQuery, removeRule, rulesQuery, setGuard, setRule, type Quality, type Rule, type RuleKind } from '../api/profiles.ts'
import { Badge, Button, ErrorState, IconButton, Section, Skeleton } from '../components/basics.tsx'
import { attempt, sayFailure } from '../components/toasts.tsx'
import { plural } from '../lib/format.ts'
import { RULE_TITLES, ruleText } from '../lib/rules.ts'
import { RuleDialog } from './dataset-rule.tsx'

type Result = Quality['results'][number]

export function DatasetQuality({ dataset }: { dataset: Dataset }) {
  const { name, version } = dataset
  const client = useQueryClient()
  const rules = useQuery(rulesQuery(name))
  const known = rules.data?.rules ?? []
  const quality = useQuery({ ...qualityQuery(name, version?.number ?? 0), enabled: version !== undefined && known.length > 0 })
  const [editing, setEditing] = useState<Rule | 'new'>()
  const [checking, setChecking] = useState(false)
  const refresh = () => client.invalidateQueries({ queryKey: ['lake'] })
  const again = async () => {
    if (!version) return
    setChecking(true)
    try {
      client.setQueryData(qualityQuery(name, version.number).queryKey, await checkAgain(name, version.number))
    } catch (error) {
      sayFailure('The rules could not be checked', error)
    } finally {
      setChecking(false)
    }
  }
  // What was found of a version is kept by the server; a rule that is changed is held against it anew.
  const save = async (rule: Rule) => {
    await setRule(name, rule)
    if (version) await checkAgain(name, version.number)
    await refresh()
  }
  const guard = (guarded: boolean) =>
    attempt(
      () => setGuard(name, guarded).then(refresh),
      guarded ? 'Versions that break an error rule are kept from main.' : 'Versions reach main whatever they break.',
      () => setGuard(name, !guarded).then(refresh),
    )
  const results = new Map((quality.data?.results ?? []).filter((result) => known.some((rule) => rule.name === result.rule)).map((result) => [result.rule, result]))
  const broken = [...results.values()].filter(({ passed }) => !passed)
  return (
    <Section
      title={
        <span className="flex flex-wrap items-center gap-2">
          Quality
          {quality.data && <Badge tone={broken.length === 0 ? 'good' : broken.some(({ severity }) => severity === 'error') ? 'bad' : 'warn'}>{broken.length === 0 ? `version ${version?.number} keeps all rules` : `version ${version?.number} breaks ${plural(broken.length, 'rule')}`}</Badge>}
        </span>
      }
      actions={
        <>
          {known.length > 0 && version && (
            <Button kind="quiet" icon={RotateCw} disabled={checking} onClick={() => void again()}>
              {checking ? 'Checking …' : 'Check again'}
            </Button>
          )}
          <Button icon={Plus} onClick={() => setEditing('new')}>
            Add a rule
          </Button>
        </>
      }
    >
      {rules.error ? (
        <ErrorState error={rules.error} what="The rules could not be read" onRetry={() => void rules.refetch()} />
      ) : rules.isPending ? (
        <Skeleton lines={4} />
      ) : (
        <>
          <label className="mb-3 flex items-start gap-2">
            <input type="checkbox" className="mt-1" checked={rules.data.guarded} onChange={(event) => void guard(event.target.checked)} />
            <span>
              <span className="flex items-center gap-1.5">
                <ShieldCheck aria-hidden size={15} className="text-ink-3" /> Guarded
              </span>
              <span className="block text-sm text-ink-3">A version that breaks an error rule does not reach main: it stays on a branch of its own, quarantine/ and its number.</span>
            </span>
          </label>
          {quality.error && <ErrorState error={quality.error} what="The rules could not be checked" onRetry={() => void quality.refetch()} />}
          {known.length === 0 ? (
            <p className="text-ink-2">No rule yet. A rule says what every version must keep, such as that a column has no missing values, or that its values lie in a range.</p>
          ) : (
            <ul className="-mx-3.5 -mb-3.5 divide-y divide-line border-t border-line">
              {known.map((rule) => (
                <RuleRow
                  key={rule.name}
                  rule={rule}
                  result={results.get(rule.name)}
                  waiting={quality.isFetching}
                  onEdit={() => setEditing(rule)}
                  onRemove={() => void attempt(() => removeRule(name, rule.name).then(refresh), `Removed ${rule.name}.`, () => save(rule))}
                />
              ))}
            </ul>
          )}
        </>
      )}
      <RuleDialog
        key={editing === 'new' ? '' : editing?.name}
        open={editing !== undefined}
        rule={editing === 'new' ? undefined : editing}
        taken={known.map((rule) => rule.name)}
        columns={dataset.columns}
        onClose={() => setEditing(undefined)}
        onSave={save}
      />
    </Section>
  )
}

function RuleRow({ rule, result, waiting, onEdit, onRemove }: { rule: Rule; result: Result | undefined; waiting: boolean; onEdit: () => void; onRemove: () => void }) {
  const { name, kind, severity } = rule
  const [Icon, tone, says] = !result ? ([CircleAlert, 'text-ink-3', waiting ? 'being checked' : 'not checked'] as const) : result.passed ? ([CircleCheck, 'text-good', 'kept'] as const) : ([CircleX, severity === 'error' ? 'text-bad' : 'text-warn', 'broken'] as const)
  return (
    <li className="flex items-start gap-2.5 px-3.5 py-2.5 text-sm">
      <Icon role="img" aria-label={says} size={17} className={`mt-0.5 shrink-0 ${tone}`} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-1.5">
          <span className="font-medium break-words">{name}</span>
          <Badge>{RULE_TITLES[kind as RuleKind] ?? kind}</Badge>
          {severity === 'warning' && <Badge tone="warn">warning</Badge>}
        </p>
        <p className="break-words text-ink-2">{ruleText(rule)}</p>
        {result && <p className="break-words text-ink-2">{result.measured}</p>}
        {result && result.examples.length > 0 && <p className="font-mono text-xs break-words text-ink-2">{result.examples.slice(0, 10).join(', ')}</p>}
      </div>
      <IconButton label={`Edit ${name}`} icon={Pencil} onClick={onEdit} className="size-7!" />
      <IconButton label={`Remove ${name}`} icon={Trash2} onClick={onRemove} className="size-7!" />
    </li>
  )
}
