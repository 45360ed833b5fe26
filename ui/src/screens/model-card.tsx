// The model card: what is recorded of a version, on one page and to take away.

import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FileDown } from 'lucide-react'
import { fileTextQuery, filesQuery, fileUrl, type FileOwner } from '../api/files.ts'
import { promotionQuery, PROMOTIONS_TOLD, promotionsQuery, type ModelVersion } from '../api/registry.ts'
import { experimentQuery, record, runQuery, type Run } from '../api/tracking.ts'
import { Button, Section, Time } from '../components/basics.tsx'
import { FactList } from '../components/fact-list.tsx'
import { Menu } from '../components/menu.tsx'
import { saveFile } from '../components/save-file.ts'
import { codeOfRun, commitPage } from '../lib/code-of-run.ts'
import { profileOf, sourceOf } from '../lib/dataset.ts'
import { formatBytes, plural, toNumber } from '../lib/format.ts'
import { mlmodelFacts, type MlmodelFacts } from '../lib/mlmodel.ts'
import { cardJson, cardMarkdown, type ModelCard } from '../lib/model-card.ts'
import { storySteps } from '../lib/promotion-story.ts'
import { signatureOf } from '../lib/signature.ts'
import { stageOf } from './model.tsx'

const STORIES = 20
/** A longer input example is a file of its own. */
const LONGEST_EXAMPLE = 200_000

interface CardProps {
  version: ModelVersion
  owner: FileOwner | undefined
  /** The text of its MLmodel file, when it could be read. */
  mlmodel: string | undefined
  /** It is still being read. */
  pending: boolean
}

export function ModelCardSection({ version, owner, mlmodel, pending: reading }: CardProps) {
  const facts = mlmodel === undefined ? undefined : mlmodelFacts(mlmodel)
  const runId = version.run_id || facts?.runId || ''
  const runAnswer = useQuery({ ...runQuery(runId), enabled: runId !== '', retry: false })
  const run = runAnswer.data
  const experimentAnswer = useQuery({ ...experimentQuery(run?.info.experiment_id ?? ''), enabled: run !== undefined, retry: false })
  const experiment = experimentAnswer.data
  const promotionsAnswer = useQuery(promotionsQuery({ entity: `model-version:${version.name}/${version.version}` }))
  const promotions = promotionsAnswer.data ?? []
  const stories = useQueries({ queries: promotions.slice(0, STORIES).map(({ id }) => promotionQuery(id)) })
  const example = useInputExample(owner, facts?.inputExample ?? '')
  const pending = reading || example.pending || [runAnswer, experimentAnswer, promotionsAnswer, ...stories].some(({ isLoading }) => isLoading)
  const code = run && codeOfRun(record(run.data.tags))
  const page = code && commitPage(code.repository, code.commit)

  function card(): ModelCard {
    return {
      ...identityOf(version),
      trained: {
        by: run?.info.user_id ?? '',
        at: run ? isoOf(run.info.end_time ?? run.info.start_time) : isoOf(facts?.createdAt),
        run: runId,
        run_name: run?.info.run_name ?? '',
        experiment: experiment?.name ?? '',
        source: code?.source ?? '',
        repository: code?.repository ?? '',
        commit: code?.commit ?? '',
        branch: code?.branch ?? '',
      },
      data: run ? dataOf(run) : [],
      environment: { python: facts?.pythonVersion ?? '', mlflow: facts?.mlflowVersion ?? '', flavors: facts?.flavors ?? [], files: '' },
      size_bytes: facts?.bytes,
      metrics: metricsOf(version, run),
      params: paramsOf(version, run),
      signature: mlmodel === undefined ? undefined : signatureOf(mlmodel),
      input_example: example.text,
      promotion: stories.flatMap(({ data }) => (data ? storySteps(data).map(({ at, who, what, note, checks }) => ({ at, who, what, note: [note, ...checks.map((check) => `${check.passed ? 'passed' : 'failed'}: ${check.text}`)].filter(Boolean).join('; ') })) : [])),
      missing: [
        runAnswer.error && 'The run could not be read.',
        experimentAnswer.error && 'The experiment could not be read.',
        promotionsAnswer.error ? 'The promotions could not be read.' : stories.some(({ error }) => error) && 'Not every promotion could be read.',
        promotions.length > STORIES && `The newest ${STORIES} of ${promotions.length < PROMOTIONS_TOLD ? '' : 'at least '}${plural(promotions.length, 'promotion')} stand here.`,
        mlmodel === undefined && 'Its files hold no MLmodel that could be read.',
        example.missing,
      ].filter((each): each is string => typeof each === 'string' && each !== ''),
    }
  }
  const save = (text: string, type: string, ending: string) => saveFile(new Blob([text], { type }), `${version.name.replace(/[^\w.-]+/g, '_')}-${version.version}-card.${ending}`)

  return (
    <Section
      title="Model card"
      actions={
        <Menu
          trigger={
            <Button kind="quiet" icon={FileDown} disabled={pending}>
              Export
            </Button>
          }
          items={[
            { label: 'As Markdown', run: () => save(cardMarkdown(card()), 'text/markdown', 'md') },
            { label: 'As JSON', run: () => save(cardJson(card()), 'application/json', 'json') },
          ]}
        />
      }
    >
      <FactList
        facts={[
          ['Registered', <span key="registered"><Time millis={version.creation_timestamp} exact />{version.user_id && ` by ${version.user_id}`}</span>],
          ['Trained by', run?.info.user_id],
          ['Trained at', run && <Time millis={run.info.end_time ?? run.info.start_time} exact />],
          [
            'Run',
            run ? (
              <Link key="run" to="/runs/$id" params={{ id: run.info.run_id }} className="text-accent hover:underline">
                {run.info.run_name || run.info.run_id}
              </Link>
            ) : (
              runId && <code className="font-mono text-xs break-all">{runId}</code>
            ),
          ],
          [
            'Experiment',
            run && (
              <Link key="experiment" to="/experiments/$id" params={{ id: run.info.experiment_id }} className="text-accent hover:underline">
                {experiment?.name ?? run.info.experiment_id}
              </Link>
            ),
          ],
          ['Code', code && [code.source, code.branch && `branch ${code.branch}`].filter(Boolean).join(', ')],
          [
            'Commit',
            code?.commit && (
              <code key="commit" className="font-mono text-xs break-all">
                {page ? (
                  <a href={page} target="_blank" rel="noreferrer" className="text-accent hover:underline">
                    {code.commit}
                  </a>
                ) : (
                  code.commit
                )}
              </code>
            ),
          ],
          ['Data', run && dataOf(run).map(({ name, digest, context, size }) => [`${name} (${digest})`, context, size].filter(Boolean).join(', ')).join('; ')],
          ...environmentFacts(facts),
          ['Lies at', <code key="source" className="font-mono text-xs break-all">{version.source || 'not recorded'}</code>],
        ]}
      />
      {!run && !facts && <p className="mt-2 text-sm text-ink-2">It was registered without a run, and its files hold no MLmodel: nothing else is recorded.</p>}
    </Section>
  )
}

/** The input example at this path, unless it is long: its size is looked up in the folder before it is asked for. */
function useInputExample(owner: FileOwner | undefined, path: string): { text: string; pending: boolean; missing: string } {
  const isRead = owner !== undefined && path !== ''
  const nobody: FileOwner = { kind: 'run', id: '' }
  const folder = useQuery({ ...filesQuery(owner ?? nobody, path.slice(0, Math.max(path.lastIndexOf('/'), 0))), enabled: isRead })
  const bytes = folder.data?.find((file) => file.path === path)?.file_size
  const isShort = bytes !== undefined && bytes <= LONGEST_EXAMPLE
  const text = useQuery({ ...fileTextQuery(owner ? fileUrl(owner, path) : ''), enabled: isRead && isShort })
  const missing = () => {
    if (!isRead) return ''
    if (bytes !== undefined && !isShort) return `The input example ${path} has ${formatBytes(bytes)} and stays with the files.`
    return text.data === undefined ? `The input example ${path} could not be read.` : ''
  }
  return { text: text.data ?? '', pending: folder.isLoading || text.isLoading, missing: missing() }
}

function environmentFacts(facts: MlmodelFacts | undefined): (readonly [string, string])[] {
  if (!facts) return []
  return [
    ['Flavors', facts.flavors.join(', ')],
    ['Environment', [facts.pythonVersion && `Python ${facts.pythonVersion}`, facts.mlflowVersion && `MLflow ${facts.mlflowVersion}`].filter(Boolean).join(', ')],
    ['Size', facts.bytes === undefined ? '' : formatBytes(facts.bytes)],
    ['Input example', facts.inputExample],
  ]
}

function identityOf(version: ModelVersion) {
  return {
    model: version.name,
    version: version.version,
    status: version.status,
    stage: stageOf(version),
    aliases: version.aliases ?? [],
    description: version.description ?? '',
    registered_at: isoOf(version.creation_timestamp),
    registered_by: version.user_id ?? '',
    tags: (version.tags ?? []).map(({ key, value }) => ({ name: key, value })),
  }
}

function dataOf(run: Run): ModelCard['data'] {
  return (run.inputs?.dataset_inputs ?? []).map(({ dataset, tags }) => ({
    name: dataset.name,
    digest: dataset.digest,
    context: record(tags)['mlflow.data.context'] ?? '',
    source: [dataset.source_type, sourceOf(dataset.source_type, dataset.source)].filter(Boolean).join(': '),
    size: profileOf(dataset.profile)
      .filter(([, value]) => typeof value === 'number')
      .map(([name, value]) => `${value} ${name}`)
      .join(', '),
  }))
}

/** The version's own, or else those of the run that made it. */
export function metricsOf(version: ModelVersion, run: Run | undefined): ModelCard['metrics'] {
  const metrics = version.model_metrics?.length ? version.model_metrics : (run?.data.metrics ?? []).filter(({ key }) => !key.startsWith('system/'))
  return metrics.map(({ key, value }) => ({ name: key, value: toNumber(value) ?? String(value) }))
}

export function paramsOf(version: ModelVersion, run: Run | undefined): ModelCard['params'] {
  return version.model_params?.length ? version.model_params : (run?.data.params ?? []).map(({ key, value }) => ({ name: key, value }))
}

function isoOf(millis: number | undefined): string {
  return millis ? new Date(millis).toISOString() : ''
}
