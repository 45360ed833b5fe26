// Rules of a dataset in words, and as they are written in a form.

import type { Rule, RuleKind } from '../api/profiles.ts'

export const RULE_TITLES: Record<RuleKind, string> = {
  not_null: 'no missing values',
  unique: 'unique',
  range: 'in a range',
  set: 'one of a list',
  regex: 'like a pattern',
  foreign_key: 'in another dataset',
  row_count: 'number of rows',
  freshness: 'recent',
  expression: 'an expression',
}

/** What beside the columns a kind is told. */
export const RULE_FIELDS: Record<RuleKind, readonly ('min' | 'max' | 'values' | 'pattern' | 'dataset' | 'column' | 'max_age' | 'expression')[]> = {
  not_null: [],
  unique: [],
  range: ['min', 'max'],
  set: ['values'],
  regex: ['pattern'],
  foreign_key: ['dataset', 'column'],
  row_count: ['min', 'max'],
  freshness: ['max_age'],
  expression: ['expression'],
}

/** How many columns a kind is about. */
export const RULE_COLUMNS: Record<RuleKind, 'none' | 'one' | 'many'> = { not_null: 'many', unique: 'many', range: 'one', set: 'one', regex: 'one', foreign_key: 'one', row_count: 'none', freshness: 'one', expression: 'none' }

export function ruleText(rule: Rule): string {
  const columns = rule.columns.join(', ')
  const range = [rule.min !== undefined && `at least ${rule.min}`, rule.max !== undefined && `at most ${rule.max}`].filter(Boolean).join(' and ')
  switch (rule.kind) {
    case 'not_null':
      return `${columns}: every row has a value`
    case 'unique':
      return `${columns}: no two rows have the same`
    case 'range':
      return `${columns} is ${range}`
    case 'set':
      return `${columns} is one of ${(rule.values ?? []).slice(0, 20).join(', ')}${(rule.values?.length ?? 0) > 20 ? ', …' : ''}`
    case 'regex':
      return `${columns} matches ${rule.pattern}`
    case 'foreign_key':
      return `${columns} stands in ${rule.dataset}, column ${rule.column}`
    case 'row_count':
      return `The number of rows is ${range}`
    case 'freshness':
      return `The latest ${columns} is no older than ${rule.max_age}`
    case 'expression':
      return `${rule.expression} holds in every row`
  }
}

/** Numbers as numbers, anything else as the text it is. */
export const numberOrText = (text: string): number | string => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text)

/** What a form says, as the server takes it; what is empty is left out. */
export function ruleOf(fields: { name: string; kind: RuleKind; severity: 'error' | 'warning'; columns: readonly string[]; told: Readonly<Record<string, string>> }): Rule {
  const { name, kind, severity, told } = fields
  const rule: Rule = { name, kind, severity, columns: RULE_COLUMNS[kind] === 'none' ? [] : [...fields.columns] }
  for (const field of RULE_FIELDS[kind]) {
    const text = (told[field] ?? '').trim()
    if (text === '') continue
    if (field === 'min' || field === 'max') rule[field] = numberOrText(text)
    else if (field === 'values') rule.values = text.split(/[\n,]/).map((each) => each.trim()).filter((each) => each !== '').map(numberOrText)
    else rule[field] = text
  }
  return rule
}
