// A rule as a form: its kind decides what else is asked for.

import { useState } from 'react'
import type { DatasetColumn } from '../api/lake.ts'
import { RULE_KINDS, type Rule, type RuleKind } from '../api/profiles.ts'
import { Choice, Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { say } from '../components/toasts.tsx'
import { RULE_COLUMNS, RULE_FIELDS, RULE_TITLES, ruleOf } from '../lib/rules.ts'

const LABELS = {
  min: { label: 'At least' },
  max: { label: 'At most' },
  values: { label: 'Values', hint: 'With commas between them.' },
  pattern: { label: 'Pattern', hint: 'A regular expression that the whole value matches.' },
  dataset: { label: 'Other dataset', hint: 'Such as census.regions.' },
  column: { label: 'Its column' },
  max_age: { label: 'Oldest', hint: 'An ISO 8601 duration, such as P1D or PT6H.' },
  expression: { label: 'Expression', hint: 'SQL that is true in every row, such as "end" >= "start".' },
} as const

interface RuleDialogProps {
  open: boolean
  /** The one that is changed; none for a new one. */
  rule: Rule | undefined
  taken: readonly string[]
  columns: readonly DatasetColumn[]
  onClose: () => void
  onSave: (rule: Rule) => Promise<unknown>
}

export function RuleDialog({ open, rule, taken, columns, onClose, onSave }: RuleDialogProps) {
  const [kind, setKind] = useState<RuleKind>(rule?.kind ?? 'not_null')
  const about = RULE_COLUMNS[kind]
  const told = (field: keyof typeof LABELS): string => {
    const value = rule?.[field]
    return Array.isArray(value) ? value.join(', ') : value === undefined ? '' : String(value)
  }
  return (
    <FormDialog
      open={open}
      title={rule ? `Rule ${rule.name}` : 'A new rule'}
      action="Save"
      onClose={onClose}
      onDone={async (fields) => {
        const name = rule?.name ?? textIn(fields, 'name')
        if (!rule && taken.includes(name)) throw new Error(`There is a rule ${name} already. Choose another name.`)
        await onSave(
          ruleOf({
            name,
            kind,
            severity: textIn(fields, 'severity') === 'warning' ? 'warning' : 'error',
            columns: fields.getAll('columns').map(String),
            told: Object.fromEntries(RULE_FIELDS[kind].map((field) => [field, textIn(fields, field)])),
          }),
        )
        say(`Saved ${name}.`)
      }}
    >
      {!rule && <Field label="Name" name="name" required maxLength={100} placeholder="income is known" />}
      <div className="grid gap-3 sm:grid-cols-2">
        <Choice label="Kind" name="kind" value={kind} onChange={(event) => setKind(event.target.value as RuleKind)} options={RULE_KINDS.map((value) => ({ value, label: RULE_TITLES[value] }))} />
        <Choice
          label="If it is broken"
          name="severity"
          defaultValue={rule?.severity ?? 'error'}
          options={[
            { value: 'error', label: 'it is an error' },
            { value: 'warning', label: 'it is a warning' },
          ]}
        />
      </div>
      {about !== 'none' && (
        <label className="block">
          <span className="mb-1 block text-sm font-medium">{about === 'one' ? 'Column' : 'Columns'}</span>
          <select name="columns" required multiple={about === 'many'} defaultValue={about === 'many' ? (rule?.columns ?? []) : (rule?.columns[0] ?? columns[0]?.path ?? '')} key={about} className="field w-full">
            {columns.map(({ path, type }) => (
              <option key={path} value={path}>
                {path} ({type})
              </option>
            ))}
          </select>
        </label>
      )}
      {RULE_FIELDS[kind].map((field) => (
        <Field key={`${kind} ${field}`} name={field} defaultValue={told(field)} spellCheck={false} required={field !== 'min' && field !== 'max'} {...LABELS[field]} />
      ))}
    </FormDialog>
  )
}
