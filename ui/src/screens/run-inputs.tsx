// What went into a run: its datasets, and the models it used.

import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Database } from 'lucide-react'
import { loggedModelQuery, record, type DatasetInput, type Run } from '../api/tracking.ts'
import { Badge, Section } from '../components/basics.tsx'
import { FactList } from '../components/fact-list.tsx'
import { columnsOf, profileOf, sourceOf } from '../lib/dataset.ts'
import { clauseFor } from '../lib/filter.ts'
import { formatNumber, plural } from '../lib/format.ts'

const COLUMNS_SHOWN = 200

export function Inputs({ run }: { run: Run }) {
  const datasets = run.inputs?.dataset_inputs ?? []
  const models = run.inputs?.model_inputs ?? []
  return (
    <Section title="Data inputs">
      {datasets.length === 0 && models.length === 0 ? (
        <p className="text-ink-2">
          No dataset was recorded. <code className="font-mono text-sm">mlflow.log_input</code> records one.
        </p>
      ) : (
        <ul className="-my-3 divide-y divide-line">
          {datasets.map((input) => (
            <li key={`${input.dataset.name} ${input.dataset.digest}`} className="py-3">
              <Dataset input={input} experiment={run.info.experiment_id} />
            </li>
          ))}
          {models.length > 0 && <ModelInputs ids={models.map(({ model_id: id }) => id)} />}
        </ul>
      )}
    </Section>
  )
}

function Dataset({ input, experiment }: { input: DatasetInput; experiment: string }) {
  const { dataset, tags } = input
  const context = record(tags)['mlflow.data.context']
  const columns = columnsOf(dataset.schema)
  const source = sourceOf(dataset.source_type, dataset.source)
  return (
    <>
      <h3 className="mb-2 flex flex-wrap items-center gap-2">
        <Database aria-hidden size={15} className="text-ink-3" />
        <span className="min-w-0 font-medium break-words">{dataset.name}</span>
        {context && <Badge>{context}</Badge>}
      </h3>
      <FactList
        facts={[
          [
            'Digest',
            <span key="digest" className="flex flex-wrap items-center gap-x-3">
              <code className="font-mono text-xs break-all">{dataset.digest}</code>
              <Link to="/experiments/$id" params={{ id: experiment }} search={{ filter: clauseFor('dataset.digest', '=', dataset.digest) }} className="text-accent hover:underline">
                Runs on the same data
              </Link>
            </span>,
          ],
          ['Source', [dataset.source_type, source].filter(Boolean).join(': ')],
          [
            'Profile',
            profileOf(dataset.profile)
              .map(([name, value]) => (name === 'rows' || name === 'elements' ? `${typeof value === 'number' ? formatNumber(value) : value} ${name}` : `${name} ${value}`))
              .join(', '),
          ],
          columns.length > 0 && [
            'Schema',
            <details key="schema">
              <summary className="cursor-pointer">{plural(columns.length, 'column')}</summary>
              <ul aria-label={`Columns of ${dataset.name}`} className="mt-1">
                {columns.slice(0, COLUMNS_SHOWN).map((column, i) => (
                  <li key={i} className="flex justify-between gap-3 border-b border-line py-0.5 last:border-0">
                    <span className="min-w-0 break-words">
                      {column.name || '(unnamed)'}
                      {!column.required && <span className="text-ink-3"> optional</span>}
                    </span>
                    <code className="shrink-0 font-mono text-xs leading-5 text-ink-2">{column.type}</code>
                  </li>
                ))}
              </ul>
              {columns.length > COLUMNS_SHOWN && <p className="text-ink-3">and {columns.length - COLUMNS_SHOWN} more</p>}
            </details>,
          ],
        ]}
      />
    </>
  )
}

function ModelInputs({ ids }: { ids: string[] }) {
  const models = useQueries({ queries: ids.map(loggedModelQuery) })
  return models.map(({ data, error }, i) => (
    <li key={ids[i]} className="py-3">
      <h3 className="font-medium break-words">{data?.info.name ?? ids[i]}</h3>
      <p className="text-sm text-ink-2">
        a model it used{data?.info.source_run_id ? ', made by ' : ''}
        {data?.info.source_run_id && (
          <Link to="/runs/$id" params={{ id: data.info.source_run_id }} className="text-accent underline">
            run {data.info.source_run_id.slice(0, 8)}
          </Link>
        )}
        {error && <span className="text-bad"> {error.message}</span>}
      </p>
    </li>
  ))
}
