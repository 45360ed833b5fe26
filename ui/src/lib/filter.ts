// MLflow's filter as text and as chips: two spellings of one thing. Only what splits safely is split; the server decides
// what a clause means.

export interface Clause {
  /** As written: `metrics.loss < 0.5`. */
  text: string
  field: string
  comparator: string
  /** Without its quotes. */
  value: string
}

export type Parsed = { clauses: Clause[]; problem?: undefined } | { clauses?: undefined; problem: string }

export const COMPARATORS = ['=', '!=', '<', '<=', '>', '>=', 'LIKE', 'ILIKE', 'IN', 'NOT IN', 'IS NULL', 'IS NOT NULL'] as const

const CLAUSE =
  /^((?:[\p{L}\p{N}_]+\.)?(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[\p{L}\p{N}_/.\-]+))\s*(<=|>=|!=|=|<|>|\bNOT\s+ILIKE\b|\bNOT\s+LIKE\b|\bILIKE\b|\bLIKE\b|\bNOT\s+IN\b|\bIN\b|\bIS\s+NOT\s+NULL\b|\bIS\s+NULL\b)\s*(.*)$/isu

/** Splits at the `and`s outside quotes and parentheses. */
export function parseFilter(filter: string): Parsed {
  const clauses: Clause[] = []
  for (const text of splitAnd(filter)) {
    if (text === '') {
      if (filter.trim() === '') return { clauses: [] }
      return { problem: "A clause is missing beside an 'and'." }
    }
    const clause = parseClause(text)
    if (!clause) return { problem: `'${text}' is no clause such as metrics.loss < 0.5 or params.model = 'tree'.` }
    clauses.push(clause)
  }
  return { clauses }
}

export function parseClause(text: string): Clause | undefined {
  const match = CLAUSE.exec(text.trim())
  if (!match) return undefined
  const field = match[1]!
  const comparator = match[2]!.toUpperCase().replace(/\s+/g, ' ')
  const value = match[3]!.trim()
  if (comparator.startsWith('IS ') !== (value === '')) return undefined
  return { text: text.trim(), field, comparator, value: unquoted(value) }
}

export function joinFilter(clauses: readonly { text: string }[]): string {
  return clauses.map((clause) => clause.text).join(' and ')
}

/** Adds a clause; the same one twice is one, and `=` replaces an `=` on the same field. */
export function withClause(filter: string, clause: string): string {
  const parsed = parseFilter(filter)
  const added = parseClause(clause)
  if (!parsed.clauses || !added) return filter.trim() === '' ? clause : `${filter} and ${clause}`
  const kept = parsed.clauses.filter(
    (old) => old.text !== added.text && !(old.field === added.field && old.comparator === '=' && added.comparator === '='),
  )
  return joinFilter([...kept, added])
}

/** A clause that says what a cell shows. */
export function clauseFor(field: string, comparator: string, value: string | number): string {
  return typeof value === 'number' ? `${field} ${comparator} ${value}` : `${field} ${comparator} ${quoted(value)}`
}

/** Values of groups are told up to so many characters, then with an ellipsis. */
const LONGEST_TOLD = 250

/**
 * A clause for the runs of a group. A value that was cut, or that no quotes can hold, is said as a pattern; since a pattern has
 * no escape, `_` and `%` in it stand for other signs too.
 */
export function groupClause(field: string, value: string | null): string {
  if (value === null) return `${field} IS NULL`
  const isCut = value.endsWith('…') && [...value].length === LONGEST_TOLD + 1
  const start = isCut ? value.slice(0, -1) : value
  if (!isCut && !(value.includes("'") && value.includes('"'))) return clauseFor(field, '=', value)
  return `${field} LIKE ${quoted(isCut ? `${start}%` : start)}`
}

/** The field of a kind and a key, quoted where MLflow's grammar needs it. */
export function fieldName(kind: 'metrics' | 'params' | 'tags' | 'attributes', key: string): string {
  if (/^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u.test(key)) return `${kind}.${key}`
  return key.includes('`') ? `${kind}."${key}"` : `${kind}.\`${key}\``
}

/** The grammar has no escape, so a text with both quotes cannot be said; the nearest is a pattern. */
export function quoted(text: string): string {
  if (!text.includes("'")) return `'${text}'`
  if (!text.includes('"')) return `"${text}"`
  return `'${text.replaceAll("'", '_')}'`
}

function unquoted(value: string): string {
  const quote = value[0]
  return value.length >= 2 && (quote === "'" || quote === '"') && value.endsWith(quote) ? value.slice(1, -1) : value
}

function splitAnd(filter: string): string[] {
  const parts: string[] = []
  let from = 0
  let depth = 0
  for (let at = 0; at < filter.length; at++) {
    const c = filter[at]!
    if (c === "'" || c === '"' || c === '`') {
      const end = filter.indexOf(c, at + 1)
      at = end < 0 ? filter.length : end
    } else if (c === '(') {
      depth++
    } else if (c === ')') {
      depth--
    } else if (depth === 0 && isAnd(filter, at)) {
      parts.push(filter.slice(from, at).trim())
      at += 2
      from = at + 1
    }
  }
  parts.push(filter.slice(from).trim())
  return parts
}

function isAnd(filter: string, at: number): boolean {
  return (
    filter.slice(at, at + 3).toLowerCase() === 'and' &&
    (at === 0 || /[\s)'"`]/.test(filter[at - 1]!)) &&
    (at + 3 >= filter.length || /[\s(]/.test(filter[at + 3]!))
  )
}
