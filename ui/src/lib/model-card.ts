// A model card of what is recorded, as JSON and as Markdown. Nothing in it is made up: what nobody recorded is missing.

import type { Signature } from './signature.ts'

export interface CardStep {
  at: string
  who: string
  what: string
  note: string
}

export interface ModelCard {
  model: string
  version: string
  status: string
  stage: string
  aliases: string[]
  description: string
  registered_at: string
  registered_by: string
  trained: { by: string; at: string; run: string; run_name: string; experiment: string; source: string; repository: string; commit: string; branch: string }
  data: { name: string; digest: string; context: string; source: string; size: string }[]
  environment: { python: string; mlflow: string; flavors: string[]; files: string }
  size_bytes: number | undefined
  metrics: { name: string; value: number | string }[]
  params: { name: string; value: string }[]
  tags: { name: string; value: string }[]
  signature: Signature | undefined
  input_example: string
  promotion: CardStep[]
  /** What is recorded and does not stand here, each as a sentence. */
  missing: string[]
}

export function cardJson(card: ModelCard): string {
  return `${JSON.stringify(prune(card), null, 2)}\n`
}

/** Without what is empty. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .map(([key, each]) => [key, prune(each)] as const)
    .filter(([, each]) => each !== undefined && each !== '' && !(typeof each === 'object' && each !== null && Object.keys(each).length === 0))
  return Object.fromEntries(kept)
}

export function cardMarkdown(card: ModelCard): string {
  const { trained, environment } = card
  const parts = [
    `# ${plain(card.model)}, version ${card.version}`,
    card.description.trim(),
    facts([
      ['Status', card.status],
      ['Stage', card.stage],
      ['Aliases', card.aliases.join(', ')],
      ['Registered', [card.registered_at, card.registered_by && `by ${card.registered_by}`].filter(Boolean).join(' ')],
      ['Size', card.size_bytes === undefined ? '' : `${card.size_bytes} bytes`],
    ]),
    section('Training', [
      facts([
        ['By', trained.by],
        ['At', trained.at],
        ['Run', [trained.run_name, trained.run].filter(Boolean).join(' · ')],
        ['Experiment', trained.experiment],
        ['Code', trained.source],
        ['Repository', trained.repository],
        ['Commit', [trained.commit, trained.branch && `(${trained.branch})`].filter(Boolean).join(' ')],
      ]),
    ]),
    section('Data', [table(['Dataset', 'Digest', 'Used for', 'Source', 'Size'], card.data.map((each) => [each.name, each.digest, each.context, each.source, each.size]))]),
    section('Environment', [
      facts([
        ['Python', environment.python],
        ['MLflow', environment.mlflow],
        ['Flavors', environment.flavors.join(', ')],
      ]),
    ]),
    section('Metrics', [table(['Metric', 'Value'], card.metrics.map(({ name, value }) => [name, String(value)]))]),
    section('Params', [table(['Param', 'Value'], card.params.map(({ name, value }) => [name, value]))]),
    section('Signature', (['inputs', 'outputs', 'params'] as const).map((part) => {
      const fields = card.signature?.[part] ?? []
      return fields.length === 0 ? '' : `### ${part[0]!.toUpperCase()}${part.slice(1)}\n\n${table(['Name', 'Type', 'Required'], fields.map((field) => [field.name || '(unnamed)', field.type, field.optional ? 'no' : 'yes']))}`
    })),
    section('Input example', [card.input_example && fence(card.input_example)]),
    section('Promotion', [table(['When', 'Who', 'What', 'Note'], card.promotion.map(({ at, who, what, note }) => [at, who, what, note]))]),
    section('Tags', [table(['Tag', 'Value'], card.tags.map(({ name, value }) => [name, value]))]),
    section('Not in this card', [card.missing.map((each) => `- ${plain(each)}`).join('\n')]),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function section(title: string, parts: readonly string[]): string {
  const filled = parts.filter((part) => part !== '')
  return filled.length === 0 ? '' : [`## ${title}`, ...filled].join('\n\n')
}

function facts(pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `- ${name}: ${plain(value)}`)
    .join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => plain(cell).replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** One line, and no markup of its own. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/[\\`*_<[\]]/g, '\\$&')
}

function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const mark = '`'.repeat(longest + 1)
  return `${mark}json\n${text.trimEnd()}\n${mark}`
}
