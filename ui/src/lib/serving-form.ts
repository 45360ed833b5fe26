// Rows for a model, typed by hand: what each input takes, what was typed as a value, and the request that asks.

import type { ModelInput } from '../api/serving.ts'
import { formatNumber } from './format.ts'

export type TypedRow = Record<string, string>

export type Read = { value: unknown } | { problem: string }

const WHOLE = { int64: true, int32: true } as const

/** What was typed for an input; empty is a missing value. */
export function readInput(input: ModelInput, typed: string): Read {
  if (input.width > 1) {
    const parts = typed.split(/[\s,;]+/).filter((part) => part !== '')
    if (parts.length !== input.width) return { problem: `${parts.length} values, expected ${input.width}` }
    const read = parts.map((part) => readOne(input, part))
    return read.find((each) => 'problem' in each) ?? { value: read.map((each) => ('value' in each ? each.value : null)) }
  }
  if (typed.trim() === '' && !(input.type === 'text' && typed !== '')) return input.missing_allowed ? { value: null } : { problem: 'a value is needed' }
  return readOne(input, typed)
}

function readOne(input: ModelInput, typed: string): Read {
  const text = typed.trim()
  switch (input.type) {
    case 'text':
      return { value: typed }
    case 'boolean':
      return /^(true|1)$/i.test(text) ? { value: true } : /^(false|0)$/i.test(text) ? { value: false } : { problem: 'expected true or false' }
    default: {
      const number = Number(text)
      if (!Number.isFinite(number)) return { problem: 'expected a number' }
      if (input.type in WHOLE && !Number.isInteger(number)) return { problem: 'expected a whole number' }
      return { value: number }
    }
  }
}

/** Said but not refused here: the endpoint's policy decides. */
export function rangeNote(input: ModelInput, typed: string): string | undefined {
  const read = readInput(input, typed)
  if (!('value' in read)) return undefined
  const values: unknown[] = Array.isArray(read.value) ? read.value : [read.value]
  if (input.categories && values.some((value) => value !== null && !input.categories!.includes(value as string | number))) return 'none of its categories'
  if (!input.range) return undefined
  const [low, high] = input.range
  return values.some((value) => typeof value === 'number' && (value < low || value > high)) ? `outside ${formatNumber(low)} to ${formatNumber(high)}` : undefined
}

/** Categories that a hint names. */
const SHOWN = 6

const TYPES: Record<ModelInput['type'], string> = { float64: 'number', float32: 'number', int64: 'whole number', int32: 'whole number', boolean: 'true or false', text: 'text' }

/** `number, 0 to 120, may be empty` */
export function hintOf(input: ModelInput): string {
  const range = input.range ? `${formatNumber(input.range[0])} to ${formatNumber(input.range[1])}` : undefined
  const plain = input.width > 1 ? `${input.width} ${TYPES[input.type]}s, with commas between` : TYPES[input.type]
  const type = input.unit ? `${plain} in ${input.unit}` : plain
  const { categories } = input
  const known = categories && (categories.length > SHOWN ? `one of ${categories.length} categories` : `one of ${categories.join(', ')}`)
  return [type, range, known, input.missing_allowed && input.width === 1 ? 'may be empty' : undefined].filter((each) => each !== undefined).join(', ')
}

/** Something that fits: the middle of the range, or the plainest value. */
export function exampleOf(input: ModelInput): string {
  const middle = input.range ? (input.range[0] + input.range[1]) / 2 : input.type === 'float64' || input.type === 'float32' ? 0.5 : 1
  const one = input.categories?.length ? String(input.categories[0]) : input.type === 'text' ? 'a' : input.type === 'boolean' ? 'true' : String(input.type in WHOLE ? Math.round(middle) : Number(middle.toPrecision(6)))
  return input.width > 1 ? Array.from({ length: input.width }, () => one).join(', ') : one
}

/** As typed by hand what a prediction was asked. */
export function typedOf(inputs: readonly ModelInput[], asked: Readonly<Record<string, unknown>>): TypedRow {
  const text = (value: unknown): string => (value === null || value === undefined ? '' : Array.isArray(value) ? value.map(text).join(', ') : String(value))
  return Object.fromEntries(inputs.map(({ name }) => [name, text(asked[name])]))
}

/** Inputs of all variants, each once: a request may be answered by any of them. */
export function inputsOf(models: readonly { inputs: readonly ModelInput[] }[]): ModelInput[] {
  const known = new Map<string, ModelInput>()
  for (const input of models.flatMap(({ inputs }) => inputs)) if (!known.has(input.name)) known.set(input.name, input)
  return [...known.values()]
}

export type InvocationBody = { dataframe_split: { columns: string[]; data: unknown[][] } } | { inputs: Record<string, unknown> }

/** One row in MLflow's words; tensors do not fit into a frame. Inputs that were left empty are missing values. */
export function bodyOf(inputs: readonly ModelInput[], row: Readonly<Record<string, unknown>>): InvocationBody {
  if (inputs.some(({ width }) => width > 1)) return { inputs: Object.fromEntries(inputs.map(({ name }) => [name, [row[name] ?? null]])) }
  return { dataframe_split: { columns: inputs.map(({ name }) => name), data: [inputs.map(({ name }) => row[name] ?? null)] } }
}

/** A row, or what of it is wrong by input. */
export function rowOf(inputs: readonly ModelInput[], typed: TypedRow): { row: Record<string, unknown>; problems: Record<string, string> } {
  const row: Record<string, unknown> = {}
  const problems: Record<string, string> = {}
  for (const input of inputs) {
    const read = readInput(input, typed[input.name] ?? '')
    if ('problem' in read) problems[input.name] = read.problem
    else row[input.name] = read.value
  }
  return { row, problems }
}
