// A run on one page: notes, what went in, what came out, and how to run it again.

import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Boxes, Cpu } from 'lucide-react'
import { loggedModelOf, versionsOfRunQuery } from '../api/registry.ts'
import { deleteRunTag, loggedModelQuery, record, setRunTag, type Run } from '../api/tracking.ts'
import { buttonClass, Section } from '../components/basics.tsx'
import { Facts } from '../components/facts.tsx'
import { MarkdownSection } from '../components/markdown-section.tsx'
import { Tags } from '../components/tags.tsx'
import { clauseFor, fieldName } from '../lib/filter.ts'
import { formatNumber, isSystem, plural, toNumber } from '../lib/format.ts'
import { Code, Reproduce } from './run-code.tsx'
import { Inputs } from './run-inputs.tsx'
import { Lineage } from './run-lineage.tsx'

const NOTE = 'mlflow.note.content'

export function RunOverview({ run }: { run: Run }) {
  const tags = record(run.data.tags)
  const params = record(run.data.params)
  const id = run.info.run_id
  const metrics = run.data.metrics ?? []
  const system = metrics.filter(({ key }) => isSystem(key))
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
      <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
        <Facts
          title="Metrics"
          csv={`${run.info.run_name}-metrics.csv`}
          empty="No metric was logged yet."
          actions={
            system.length > 0 && (
              <Link to="/runs/$id" params={{ id }} search={{ tab: 'metrics', metric: 'system/' }} className={buttonClass('quiet')}>
                <Cpu aria-hidden size={15} /> {plural(system.length, 'system metric')}
              </Link>
            )
          }
          facts={metrics.filter(({ key }) => !isSystem(key)).map((metric) => {
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
        <Tags
          tags={run.data.tags ?? []}
          csv={`${run.info.run_name}-tags.csv`}
          show={({ key, value }) => <SameValue run={run} kind="tags" name={key} value={value} />}
          onSet={(key, value) => setRunTag(id, key, value)}
          onDelete={(key) => deleteRunTag(id, key)}
        />
        <LoggedModels run={run} />
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
        <MarkdownSection title="Notes" text={tags[NOTE] ?? ''} empty="Nothing yet. Write why this run was made and what it showed." save={(text) => setRunTag(id, NOTE, text)} />
        <Inputs run={run} />
        <Code run={run} tags={tags} />
        <Reproduce tags={tags} params={params} />
      </div>
      <div className="min-w-0 lg:col-span-2">
        <Lineage run={run} />
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

function LoggedModels({ run }: { run: Run }) {
  const ids = [...new Set((run.outputs?.model_outputs ?? []).map(({ model_id: id }) => id))]
  const models = useQueries({ queries: ids.map(loggedModelQuery) })
  const versions = useQuery(versionsOfRunQuery(run.info.run_id)).data ?? []
  return (
    <Section title="Logged models" id="logged-models">
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
                {versions.filter((version) => loggedModelOf(version) === ids[i]).map(({ name, version }) => (
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
