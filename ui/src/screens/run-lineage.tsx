// Where a run stands: what went into it, and which models and versions came of it.

import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Box, Boxes, Database, Play } from 'lucide-react'
import { useTopics } from '../api/changes.ts'
import { loggedModelOf, versionsOfRunQuery } from '../api/registry.ts'
import { loggedModelQuery, record, type Run } from '../api/tracking.ts'
import { Section, statusLabel } from '../components/basics.tsx'
import { Flow, type FlowNode } from '../components/flow.tsx'
import { clauseFor } from '../lib/filter.ts'

const TOPICS = ['registry']

export function Lineage({ run }: { run: Run }) {
  useTopics(TOPICS)
  const { info } = run
  const inputs = run.inputs?.dataset_inputs ?? []
  const used = [...new Set((run.inputs?.model_inputs ?? []).map(({ model_id: id }) => id))]
  const made = [...new Set((run.outputs?.model_outputs ?? []).map(({ model_id: id }) => id))]
  const usedModels = useQueries({ queries: used.map(loggedModelQuery) })
  const madeModels = useQueries({ queries: made.map(loggedModelQuery) })
  const versions = useQuery(versionsOfRunQuery(info.run_id))

  const here = `run ${info.run_id}`
  const edges: [string, string][] = []
  const before: FlowNode[] = [
    ...inputs.map(({ dataset, tags }): FlowNode => {
      const id = `dataset ${dataset.name} ${dataset.digest}`
      edges.push([id, here])
      return {
        id,
        icon: Database,
        label: dataset.name,
        hint: [record(tags)['mlflow.data.context'], dataset.digest].filter(Boolean).join(' · '),
        link: (content, className) => (
          <Link to="/experiments/$id" params={{ id: info.experiment_id }} search={{ filter: clauseFor('dataset.digest', '=', dataset.digest) }} title="Runs on the same data" className={className}>
            {content}
          </Link>
        ),
      }
    }),
    ...used.map((id, i): FlowNode => {
      edges.push([`used ${id}`, here])
      const model = usedModels[i]?.data?.info
      const source = model?.source_run_id
      return {
        id: `used ${id}`,
        icon: Boxes,
        label: model?.name ?? id,
        hint: 'model it used',
        ...(source
          ? {
              link: (content, className) => (
                <Link to="/runs/$id" params={{ id: source }} title="The run that made it" className={className}>
                  {content}
                </Link>
              ),
            }
          : {}),
      }
    }),
  ]
  const models = made.map((id, i): FlowNode => {
    edges.push([here, `model ${id}`])
    const model = madeModels[i]?.data?.info
    return {
      id: `model ${id}`,
      icon: Boxes,
      label: model?.name ?? id,
      hint: [model?.model_type, id.slice(0, 10)].filter(Boolean).join(' · '),
      link: (content, className) => (
        <a href="#logged-models" className={className}>
          {content}
        </a>
      ),
    }
  })
  const registered = (versions.data ?? []).map((version): FlowNode => {
    const id = `version ${version.name} ${version.version}`
    const model = loggedModelOf(version)
    edges.push([model && made.includes(model) ? `model ${model}` : here, id])
    return {
      id,
      icon: Box,
      label: version.name,
      hint: `version ${version.version}`,
      link: (content, className) => (
        <Link to="/model-version" search={{ name: version.name, version: version.version }} className={className}>
          {content}
        </Link>
      ),
    }
  })
  return (
    <Section title="Lineage">
      {before.length + models.length + registered.length === 0 ? (
        <p className="text-ink-2">No dataset is recorded before this run, and no model came of it yet.</p>
      ) : (
        <Flow
          label="What this run used and what came of it"
          stages={[
            { title: 'Inputs', nodes: before },
            { title: 'This run', nodes: [{ id: here, icon: Play, label: info.run_name || info.run_id, hint: statusLabel(info.status), here: true }] },
            { title: 'Logged models', nodes: models },
            { title: 'Registered versions', nodes: registered },
          ]}
          edges={edges}
        />
      )}
    </Section>
  )
}
