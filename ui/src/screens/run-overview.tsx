// A run on one page: notes, what went in, what came out, and how to run it again.

import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Boxes, Pencil, Plus, X } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { deleteRunTag, loggedModelQuery, record, setRunTag, type DatasetInput, type Run } from '../api/tracking.ts'
import { Badge, Button, CodeBlock, IconButton, Section, Skeleton } from '../components/basics.tsx'
import { AskDialog } from '../components/dialog.tsx'
import { Facts } from '../components/facts.tsx'
import { TagDialog } from '../components/tag-dialog.tsx'
import { attempt } from '../components/toasts.tsx'
import { clauseFor, fieldName } from '../lib/filter.ts'
import { formatNumber, toNumber } from '../lib/format.ts'
import { recipeOf } from '../lib/reproduce.ts'

const Markdown = lazy(() => import('../components/markdown.tsx').then((module) => ({ default: module.Markdown })))

const NOTE = 'mlflow.note.content'

export function RunOverview({ run }: { run: Run }) {
  const tags = record(run.data.tags)
  const params = record(run.data.params)
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
      <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
        <Facts
          title="Metrics"
          csv={`${run.info.run_name}-metrics.csv`}
          empty="No metric was logged yet."
          facts={(run.data.metrics ?? []).map((metric) => {
            const value = toNumber(metric.value) ?? Number.NaN
            return {
              key: metric.key,
              value,
              numeric: true,
              shown: (
                <Link to="/runs/$id" params={{ id: run.info.run_id }} search={{ tab: 'metrics', metric: metric.key }} title={`${value} at step ${metric.step}: see its curve`} className="hover:underline">
                  {formatNumber(value)}
                </Link>
              ),
            }
          })}
        />
        <Facts
          title="Params"
          csv={`${run.info.run_name}-params.csv`}
          empty="No param was logged."
          facts={(run.data.params ?? []).map(({ key, value }) => ({ key, value, shown: <SameValue run={run} kind="params" name={key} value={value} /> }))}
        />
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
        <Notes run={run} note={tags[NOTE] ?? ''} />
        <Tags run={run} />
        <Inputs inputs={run.inputs?.dataset_inputs ?? []} />
        <LoggedModels run={run} />
        <Reproduce tags={tags} params={params} />
      </div>
    </div>
  )
}

/** Leads to the runs that have the same. */
function SameValue({ run, kind, name, value }: { run: Run; kind: 'params' | 'tags'; name: string; value: string }) {
  return (
    <Link
      to="/experiments/$id"
      params={{ id: run.info.experiment_id }}
      search={{ filter: clauseFor(fieldName(kind, name), '=', value) }}
      title="See the runs with this value"
      className="whitespace-pre-wrap decoration-dotted underline-offset-2 hover:underline"
    >
      {value}
    </Link>
  )
}

function Notes({ run, note }: { run: Run; note: string }) {
  const [draft, setDraft] = useState<string>()
  const id = run.info.run_id
  return (
    <Section
      title="Notes"
      actions={
        draft === undefined && (
          <Button kind="quiet" icon={Pencil} onClick={() => setDraft(note)}>
            {note ? 'Edit' : 'Write'}
          </Button>
        )
      }
    >
      {draft !== undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            setDraft(undefined)
            void attempt(() => setRunTag(id, NOTE, draft), 'Saved the notes.', () => setRunTag(id, NOTE, note))
          }}
        >
          <textarea autoFocus aria-label="Notes in Markdown" value={draft} onChange={(event) => setDraft(event.target.value)} rows={10} className="field w-full font-mono" />
          <div className="mt-2 flex items-center justify-between gap-2">
            <span className="text-sm text-ink-3">Markdown. HTML is shown as text.</span>
            <span className="flex gap-2">
              <Button kind="quiet" onClick={() => setDraft(undefined)}>
                Cancel
              </Button>
              <Button kind="primary" type="submit">
                Save
              </Button>
            </span>
          </div>
        </form>
      ) : note ? (
        <Suspense fallback={<Skeleton />}>
          <Markdown text={note} />
        </Suspense>
      ) : (
        <p className="text-ink-2">Nothing yet. Write why this run was made and what it showed.</p>
      )}
    </Section>
  )
}

function Tags({ run }: { run: Run }) {
  const id = run.info.run_id
  const [adding, setAdding] = useState(false)
  const [editing, setEditing] = useState<{ key: string; value: string }>()
  const tags = (run.data.tags ?? []).filter(({ key }) => key !== NOTE)
  const own = tags.filter(({ key }) => !key.startsWith('mlflow.'))
  return (
    <>
      <Facts
        title="Tags"
        csv={`${run.info.run_name}-tags.csv`}
        empty="No tag yet."
        actions={
          <Button kind="quiet" icon={Plus} onClick={() => setAdding(true)}>
            Add
          </Button>
        }
        facts={own.map(({ key, value }) => ({
          key,
          value,
          shown: <SameValue run={run} kind="tags" name={key} value={value} />,
          actions: (
            <>
              <IconButton label={`Edit ${key}`} icon={Pencil} onClick={() => setEditing({ key, value })} className="size-7!" />
              <IconButton label={`Remove ${key}`} icon={X} onClick={() => void attempt(() => deleteRunTag(id, key), `Removed ${key}.`, () => setRunTag(id, key, value))} className="size-7!" />
            </>
          ),
        }))}
      />
      <TagDialog
        open={adding}
        title="Add a tag"
        onClose={() => setAdding(false)}
        onDone={(key, value) => {
          const old = tags.find((tag) => tag.key === key)
          void attempt(() => setRunTag(id, key, value), `Set ${key}.`, () => (old ? setRunTag(id, key, old.value) : deleteRunTag(id, key)))
        }}
      />
      <AskDialog
        open={editing !== undefined}
        title={`Tag ${editing?.key ?? ''}`}
        label="Value"
        action="Save"
        initial={editing?.value ?? ''}
        onClose={() => setEditing(undefined)}
        onDone={(value) => editing && void attempt(() => setRunTag(id, editing.key, value), `Set ${editing.key}.`, () => setRunTag(id, editing.key, editing.value))}
      />
    </>
  )
}

function Inputs({ inputs }: { inputs: readonly DatasetInput[] }) {
  return (
    <Section title="Inputs">
      {inputs.length === 0 ? (
        <p className="text-ink-2">
          No dataset was recorded. <code className="font-mono text-sm">mlflow.log_input</code> records one.
        </p>
      ) : (
        <ul className="grid gap-2.5">
          {inputs.map(({ dataset, tags }) => {
            const context = record(tags)['mlflow.data.context']
            return (
              <li key={`${dataset.name} ${dataset.digest}`}>
                <p className="flex flex-wrap items-center gap-2">
                  <span className="font-medium break-words">{dataset.name}</span>
                  <code className="font-mono text-xs text-ink-2">{dataset.digest}</code>
                  {context && <Badge>{context}</Badge>}
                </p>
                <p className="text-sm break-words text-ink-2">{[dataset.source_type, sizeOf(dataset.profile)].filter(Boolean).join(', ')}</p>
                {columnsOf(dataset.schema) && <p className="text-sm break-words text-ink-3">{columnsOf(dataset.schema)}</p>}
              </li>
            )
          })}
        </ul>
      )}
    </Section>
  )
}

function sizeOf(profile: string | undefined): string | undefined {
  const { num_rows: rows } = parsed(profile) as { num_rows?: unknown }
  return typeof rows === 'number' ? `${formatNumber(rows)} rows` : undefined
}

function columnsOf(schema: string | undefined): string | undefined {
  const { mlflow_colspec: columns } = parsed(schema) as { mlflow_colspec?: unknown }
  if (!Array.isArray(columns)) return undefined
  const named = columns.map((column: { name?: unknown; type?: unknown }) => `${String(column.name ?? '')} ${String(column.type ?? '')}`.trim())
  return named.slice(0, 12).join(', ') + (named.length > 12 ? ` and ${named.length - 12} more` : '')
}

function parsed(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function LoggedModels({ run }: { run: Run }) {
  const ids = [...new Set((run.outputs?.model_outputs ?? []).map(({ model_id: id }) => id))]
  const models = useQueries({ queries: ids.map(loggedModelQuery) })
  return (
    <Section title="Logged models">
      {ids.length === 0 ? (
        <p className="text-ink-2">This run logged no model.</p>
      ) : (
        <ul className="grid gap-2">
          {models.map(({ data, error }, i) => (
            <li key={ids[i]} className="flex items-start gap-2">
              <Boxes aria-hidden size={16} className="mt-1 shrink-0 text-ink-3" />
              <span className="min-w-0">
                <span className="font-medium break-words">{data?.info.name ?? ids[i]}</span>
                {data?.info.model_type && <span className="text-sm text-ink-2"> {data.info.model_type}</span>}
                {error && <span className="text-sm text-bad"> {error.message}</span>}
                <code className="block font-mono text-xs break-all text-ink-3">models:/{ids[i]}</code>
                {(data?.info.registrations ?? []).map(({ name, version }) => (
                  <Link key={`${name} ${version}`} to="/model-version" search={{ name, version }} className="mr-2 text-sm text-accent hover:underline">
                    {name} version {version}
                  </Link>
                ))}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function Reproduce({ tags, params }: { tags: Record<string, string>; params: Record<string, string> }) {
  const { commands, missing } = recipeOf(tags, params)
  return (
    <Section title="Run it again">
      {commands.length === 0 ? (
        <p className="text-ink-2">Its client recorded no source. MLflow's Python client does so for scripts, notebooks and projects.</p>
      ) : (
        <>
          <CodeBlock label="Commands" code={commands.join('\n')} />
          {missing.length > 0 && <p className="mt-2 text-sm text-ink-3">Not recorded: {missing.join('; ')}.</p>}
        </>
      )}
    </Section>
  )
}
