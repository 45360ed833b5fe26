// What holds for all answers of an endpoint: what is kept, what is refused, how many at once.

import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { INPUT_ACTIONS, INPUT_PROBLEMS, setServingPolicy, type Endpoint, type ServingPolicy } from '../api/serving.ts'
import { Button, ErrorState, Section } from '../components/basics.tsx'
import { Choice, Field, textIn } from '../components/form-dialog.tsx'
import { say } from '../components/toasts.tsx'
import { inputsOf } from '../lib/serving-form.ts'

const PROBLEMS: Record<(typeof INPUT_PROBLEMS)[number], string> = {
  'missing-column': 'A column is not sent',
  'extra-column': 'A column the model does not read',
  'missing-value': 'A value that may be missing is',
  'wrong-type': 'A text for a number',
  'out-of-range': 'A number outside its range',
  'unseen-category': 'A category the model does not know',
}
const ACTIONS: Record<(typeof INPUT_ACTIONS)[number], string> = { allow: 'let it through', warn: 'let it through and say so', error: 'refuse the request' }

export function EndpointPolicy({ endpoint }: { endpoint: Endpoint }) {
  const { name, models = [] } = endpoint
  const { policy } = endpoint.revision
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [dirty, setDirty] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const columns = [...new Set([...inputsOf(models).map((input) => input.name), ...policy.redact])]
  const save = async (fields: FormData) => {
    const wanted = policyIn(fields)
    const change = changed(policy, wanted)
    if (Object.keys(change).length === 0) {
      setDirty(false)
      return
    }
    setBusy(true)
    setProblem(undefined)
    try {
      const after = await setServingPolicy(name, change)
      client.setQueryData(['serving', 'endpoint', name], after)
      const before = changed(wanted, policy)
      say(`Changed the policy of ${name}.`, () => setServingPolicy(name, before).then((again) => client.setQueryData(['serving', 'endpoint', name], again)))
      void client.invalidateQueries({ queryKey: ['serving'] })
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      onChange={() => setDirty(true)}
      onReset={() => {
        setDirty(false)
        setProblem(undefined)
      }}
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy) void save(new FormData(event.currentTarget))
      }}
      className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]"
    >
      <Section title="Prediction log">
        <div className="grid gap-3">
          <Choice
            label="Predictions are kept"
            name="log"
            defaultValue={policy.log}
            options={[
              { value: 'on', label: 'yes: they outlive the process' },
              { value: 'sync', label: 'for sure: on the disk before the answer is sent' },
              { value: 'off', label: 'no' },
            ]}
          />
          <Field label="Of 100 requests, kept are" name="sample" type="number" min={0.0001} max={100} step="any" required defaultValue={Number((policy.sample * 100).toPrecision(12))} />
          <Choice
            label="When one cannot be kept"
            name="when_full"
            defaultValue={policy.when_full}
            options={[
              { value: 'serve', label: 'answer all the same' },
              { value: 'refuse', label: 'refuse the request' },
            ]}
          />
          <Field label="Days until they are removed" name="retention_days" type="number" min={0} max={36_500} required defaultValue={policy.retention_days} hint="0 to keep them." />
          <fieldset>
            <legend className="mb-1 text-sm font-medium">Columns whose values are not kept</legend>
            {columns.length === 0 ? (
              <p className="text-sm text-ink-3">The columns are known once a model is loaded.</p>
            ) : (
              <div className="grid max-h-60 gap-x-4 gap-y-1 overflow-y-auto sm:grid-cols-2" tabIndex={0} role="group" aria-label="Columns">
                {columns.map((column) => (
                  <label key={column} className="flex min-w-0 items-center gap-2 text-sm">
                    <input type="checkbox" name="redact" value={column} defaultChecked={policy.redact.includes(column)} />
                    <span className="truncate" title={column}>
                      {column}
                    </span>
                  </label>
                ))}
              </div>
            )}
          </fieldset>
        </div>
      </Section>
      <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
        <Section title="Rows that do not fit the model">
          <div className="grid gap-2">
            {INPUT_PROBLEMS.map((each) => (
              <Row key={each} label={PROBLEMS[each]}>
                <select name={`input.${each}`} aria-label={PROBLEMS[each]} defaultValue={policy.input[each]} className="field w-full">
                  {INPUT_ACTIONS.map((action) => (
                    <option key={action} value={action}>
                      {ACTIONS[action]}
                    </option>
                  ))}
                </select>
              </Row>
            ))}
          </div>
        </Section>
        <Section title="Answers">
          <div className="grid gap-3">
            <Field label="Requests at the same time, at most" name="most_at_once" type="number" min={1} max={1_000_000} required defaultValue={policy.most_at_once} hint="Further ones get 429 and may come again." />
            <Field label="Sleep after so many seconds without a request" name="sleep_after_seconds" type="number" min={0} max={2_592_000} required defaultValue={policy.sleep_after_seconds} hint="Its models leave the memory, and the next request waits until they are back. 0 for never." />
            <Field label="Rows of waiting requests computed together, at most" name="batch_rows" type="number" min={0} max={10_000} required defaultValue={policy.batch_rows} hint="Only for models in Python, and only if a row's answer does not depend on the rows beside it. 0 for each request by itself." />
            <Field label="Numbers agree within, in percent" name="tolerance" type="number" min={0} max={100} step="any" required defaultValue={Number((policy.tolerance * 100).toPrecision(12))} hint="Of the larger of both: how champion, canary and shadows are compared." />
          </div>
        </Section>
      </div>
      <div className="lg:col-span-2">
        {problem !== undefined && (
          <div className="mb-3">
            <ErrorState error={problem} what="The policy was not changed" />
          </div>
        )}
        <div className="flex flex-wrap items-center justify-end gap-2">
          <span className="text-sm text-ink-3">A change is a new revision, at once; models stay loaded.</span>
          <Button kind="quiet" type="reset" disabled={busy || !dirty}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" disabled={busy || !dirty}>
            Save
          </Button>
        </div>
      </div>
    </form>
  )
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid items-center gap-x-3 gap-y-0.5 text-sm sm:grid-cols-2">
      <span aria-hidden>{label}</span>
      {children}
    </div>
  )
}

function policyIn(fields: FormData): ServingPolicy {
  const share = (name: string): number => Number((Number(textIn(fields, name)) / 100).toPrecision(12))
  return {
    log: textIn(fields, 'log') as ServingPolicy['log'],
    sample: share('sample'),
    when_full: textIn(fields, 'when_full') as ServingPolicy['when_full'],
    redact: fields.getAll('redact').map(String),
    retention_days: Number(textIn(fields, 'retention_days')),
    tolerance: share('tolerance'),
    most_at_once: Number(textIn(fields, 'most_at_once')),
    sleep_after_seconds: Number(textIn(fields, 'sleep_after_seconds')),
    batch_rows: Number(textIn(fields, 'batch_rows')),
    input: Object.fromEntries(INPUT_PROBLEMS.map((each) => [each, textIn(fields, `input.${each}`)])),
  }
}

/** What of the wanted policy is otherwise. */
function changed(from: ServingPolicy, to: ServingPolicy): Partial<ServingPolicy> {
  const plain = (policy: ServingPolicy) => ({ ...policy, redact: [...policy.redact].sort(), input: INPUT_PROBLEMS.map((each) => policy.input[each]) })
  const [old, wanted] = [plain(from), plain(to)]
  return Object.fromEntries((Object.keys(to) as (keyof ServingPolicy)[]).filter((field) => JSON.stringify(old[field]) !== JSON.stringify(wanted[field])).map((field) => [field, to[field]]))
}
