// Which version is live, and what came before it?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Download, Terminal } from 'lucide-react'
import { useState } from 'react'
import { useTopics } from '../api/changes.ts'
import { MLFLOW, urlOf } from '../api/client.ts'
import { deleteModelTag, describeModel, modelQuery, setModelTag, versionsQuery, type ModelVersion, type RegisteredModel } from '../api/registry.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, CodeBlock, ErrorState, PageHeader, Section, Skeleton, Time } from '../components/basics.tsx'
import { MarkdownSection } from '../components/markdown-section.tsx'
import { saveFile } from '../components/save-file.ts'
import { Tags } from '../components/tags.tsx'
import { toCsv } from '../lib/csv.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { PromotionList } from './promotions.tsx'

const route = getRouteApi('/model')
const TOPICS = ['registry', 'promotion']

export function ModelScreen() {
  useTopics(TOPICS)
  const { name } = route.useSearch()
  const model = useQuery(modelQuery(name))
  const versions = useQuery(versionsQuery(name))
  const [call, setCall] = useState<ApiCall>()
  if (model.error) return <ErrorState error={model.error} what="This model could not be read" onRetry={() => void model.refetch()} />
  if (model.isPending) return <Skeleton lines={6} />
  return (
    <>
      <PageHeader
        above={
          <Link to="/models" className="hover:underline">
            Models
          </Link>
        }
        title={name}
      >
        <p className="mt-1 flex flex-wrap gap-x-4 text-sm text-ink-2">
          <span>
            <span className="text-ink-3">Created</span> <Time millis={model.data.creation_timestamp} />
          </span>
          <span>
            <span className="text-ink-3">Changed</span> <Time millis={model.data.last_updated_timestamp} />
          </span>
        </p>
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(17rem,1fr)]">
        <Section
          title="Versions"
          actions={
            versions.data &&
            versions.data.length > 0 && (
              <>
                <Button kind="quiet" icon={Download} aria-label="Versions as CSV" onClick={() => saveFile(new Blob([versionsCsv(model.data, versions.data)], { type: 'text/csv' }), `${name}-versions.csv`)}>
                  CSV
                </Button>
                <Button kind="quiet" icon={Terminal} onClick={() => setCall({ method: 'GET', url: location.origin + urlOf(`${MLFLOW}/model-versions/search`, { filter: `name='${name.replaceAll("'", "''")}'`, max_results: 1000 }) })}>
                  API call
                </Button>
              </>
            )
          }
        >
          {versions.error ? (
            <ErrorState error={versions.error} what="The versions could not be read" onRetry={() => void versions.refetch()} />
          ) : versions.isPending ? (
            <Skeleton />
          ) : versions.data.length === 0 ? (
            <p className="text-ink-2">
              No version yet. <code className="font-mono text-sm">mlflow.register_model</code> makes one from a run's model.
            </p>
          ) : (
            <div className="-m-3.5 overflow-x-auto" tabIndex={0} role="group" aria-label="Versions">
              <table className="w-full text-sm">
                <thead>
                  <tr className="border-b border-line text-left text-xs text-ink-2">
                    <th scope="col" className="px-3.5 py-2 font-semibold">
                      Version
                    </th>
                    <th scope="col" className="px-2 py-2 font-semibold">
                      Aliases
                    </th>
                    <th scope="col" className="px-2 py-2 font-semibold">
                      Stage
                    </th>
                    <th scope="col" className="px-2 py-2 font-semibold">
                      Run
                    </th>
                    <th scope="col" className="px-3.5 py-2 text-right font-semibold">
                      Created
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {versions.data.map((version) => (
                    <tr key={version.version} className="border-b border-line last:border-0 hover:bg-hover">
                      <th scope="row" className="px-3.5 py-2 text-left font-medium whitespace-nowrap">
                        <Link to="/model-version" search={{ name, version: version.version }} className="text-accent hover:underline">
                          Version {version.version}
                        </Link>
                        {version.status !== 'READY' && <Badge tone={version.status.startsWith('FAILED') ? 'bad' : 'warn'}>{version.status.toLowerCase().replaceAll('_', ' ')}</Badge>}
                      </th>
                      <td className="px-2 py-2">
                        <span className="flex flex-wrap gap-1">
                          {aliasesOf(model.data, version.version).map((alias) => (
                            <Badge key={alias} tone="accent">
                              {alias}
                            </Badge>
                          ))}
                        </span>
                      </td>
                      <td className="px-2 py-2 text-ink-2">{stageOf(version)}</td>
                      <td className="px-2 py-2">
                        {version.run_id && (
                          <Link to="/runs/$id" params={{ id: version.run_id }} className="font-mono text-xs text-accent hover:underline">
                            {version.run_id.slice(0, 8)}
                          </Link>
                        )}
                      </td>
                      <td className="px-3.5 py-2 text-right text-ink-2">
                        <Time millis={version.creation_timestamp} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Section>
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <MarkdownSection title="Description" text={model.data.description ?? ''} empty="Nothing yet. Say what it predicts, for whom, and where it must not be used." save={(text) => describeModel(name, text)} />
          <PromotionList entity={`model:${name}`} />
          <Tags tags={model.data.tags ?? []} csv={`${name}-tags.csv`} onSet={(key, value) => setModelTag(name, key, value)} onDelete={(key) => deleteModelTag(name, key)} />
          <Use model={model.data} />
        </div>
      </div>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

function versionsCsv(model: RegisteredModel, versions: readonly ModelVersion[]): string {
  const rows = versions.map((version) => [version.version, version.status, aliasesOf(model, version.version).join(' '), stageOf(version), version.run_id, new Date(version.creation_timestamp).toISOString(), version.source])
  return toCsv([['version', 'status', 'aliases', 'stage', 'run_id', 'created', 'source'], ...rows])
}

/** A search for versions leaves their aliases out; the model knows them. */
function aliasesOf(model: RegisteredModel, version: string): string[] {
  return (model.aliases ?? []).filter((each) => each.version === version).map(({ alias }) => alias)
}

export function stageOf(version: { current_stage?: string; tags?: { key: string; value: string }[] }): string {
  const stage = (version.tags ?? []).find(({ key }) => key === 'millwright.stage')?.value ?? version.current_stage ?? ''
  return stage === 'None' ? '' : stage
}

function Use({ model }: { model: RegisteredModel }) {
  const aliases = (model.aliases ?? []).map(({ alias }) => alias)
  if (aliases.length === 0) return null
  return (
    <Section title="Use it">
      <CodeBlock label="Python code" code={`import mlflow\nmlflow.set_tracking_uri(${JSON.stringify(location.origin)})\n${aliases.map((alias) => `${aliases.length === 1 ? 'model' : alias.replace(/\W/g, '_').replace(/^(?=\d)/, '_')} = mlflow.pyfunc.load_model(${JSON.stringify(`models:/${model.name}@${alias}`)})`).join('\n')}`} />
    </Section>
  )
}
