// May this version go live, and who said so?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Download, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useTopics } from '../api/changes.ts'
import { getText } from '../api/client.ts'
import { deleteAlias, modelQuery, modelVersionQuery, setAlias, versionFileUrl, type ModelVersion } from '../api/registry.ts'
import { Badge, Button, buttonClass, CodeBlock, ErrorState, IconButton, PageHeader, Section, Skeleton, Time } from '../components/basics.tsx'
import { AskDialog } from '../components/dialog.tsx'
import { Facts } from '../components/facts.tsx'
import { attempt } from '../components/toasts.tsx'
import { formatNumber, toNumber } from '../lib/format.ts'
import { signatureOf, type Signature } from '../lib/signature.ts'
import { stageOf } from './model.tsx'
import { PromotionList } from './promotions.tsx'

const route = getRouteApi('/model-version')
const TOPICS = ['registry', 'promotion']

export function ModelVersionScreen() {
  useTopics(TOPICS)
  const { name, version } = route.useSearch()
  const { data, error, isPending, refetch } = useQuery(modelVersionQuery(name, version))
  const mlmodel = useQuery({
    queryKey: ['model-file', name, version, 'MLmodel'],
    queryFn: ({ signal }) => getText('/model-versions/get-artifact', { name, version, path: 'MLmodel' }, signal),
    retry: false,
    staleTime: 300_000,
  })
  if (error) return <ErrorState error={error} what="This version could not be read" onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={6} />
  const stage = stageOf(data)
  return (
    <>
      <PageHeader
        above={
          <>
            <Link to="/models" className="hover:underline">
              Models
            </Link>{' '}
            /{' '}
            <Link to="/model" search={{ name }} className="hover:underline">
              {name}
            </Link>
          </>
        }
        title={`Version ${version}`}
        actions={
          mlmodel.data !== undefined && (
            <a className={buttonClass()} href={versionFileUrl(name, version, 'MLmodel')} download="MLmodel">
              <Download aria-hidden size={15} /> MLmodel
            </a>
          )
        }
      >
        <div className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-2">
          <Badge tone={data.status === 'READY' ? 'good' : data.status.startsWith('FAILED') ? 'bad' : 'warn'}>{data.status.toLowerCase().replaceAll('_', ' ')}</Badge>
          {stage && <Badge>{stage}</Badge>}
          <span>
            <span className="text-ink-3">Created</span> <Time millis={data.creation_timestamp} />
          </span>
          {data.run_id && (
            <Link to="/runs/$id" params={{ id: data.run_id }} className="text-accent hover:underline">
              The run that made it
            </Link>
          )}
        </div>
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <Aliases version={data} />
          <PromotionList entity={`model-version:${name}/${version}`} />
          <Section title="Use it">
            <CodeBlock label="Python code" code={`import mlflow\nmlflow.set_tracking_uri(${JSON.stringify(location.origin)})\nmodel = mlflow.pyfunc.load_model(${JSON.stringify(`models:/${name}/${version}`)})`} />
          </Section>
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          {data.description && (
            <Section title="Description">
              <p className="break-words whitespace-pre-wrap">{data.description}</p>
            </Section>
          )}
          <SignatureSection signature={mlmodel.data === undefined ? undefined : signatureOf(mlmodel.data)} pending={mlmodel.isPending} />
          {(data.model_metrics ?? []).length > 0 && <Facts
            title="Metrics"
            csv={`${name}-${version}-metrics.csv`}
            empty=""
            facts={(data.model_metrics ?? []).map((metric) => {
              const value = toNumber(metric.value) ?? Number.NaN
              return { key: metric.key, value, numeric: true, shown: formatNumber(value) }
            })}
          />}
          {(data.model_params ?? []).length > 0 && <Facts title="Params" csv={`${name}-${version}-params.csv`} empty="" facts={(data.model_params ?? []).map((param) => ({ key: param.name, value: param.value }))} />}
          {(data.tags ?? []).length > 0 && <Facts title="Tags" csv={`${name}-${version}-tags.csv`} empty="" facts={data.tags ?? []} />}
          <Section title="Where it lies">
            <code className="font-mono text-xs break-all">{data.source || 'not recorded'}</code>
          </Section>
        </div>
      </div>
    </>
  )
}

function Aliases({ version }: { version: ModelVersion }) {
  const { name, version: number } = version
  const model = useQuery(modelQuery(name))
  const [adding, setAdding] = useState(false)
  const holder = (alias: string) => model.data?.aliases?.find((each) => each.alias === alias)?.version
  return (
    <Section
      title="Aliases"
      actions={
        <Button kind="quiet" icon={Plus} onClick={() => setAdding(true)}>
          Give an alias
        </Button>
      }
    >
      {(version.aliases ?? []).length === 0 ? (
        <p className="text-ink-2">No alias stands for this version.</p>
      ) : (
        <ul className="flex flex-wrap gap-2">
          {version.aliases?.map((alias) => (
            <li key={alias} className="flex items-center rounded-full bg-accent-soft pl-3 text-sm font-medium text-accent">
              {alias}
              <IconButton
                label={`Take away ${alias}`}
                icon={X}
                className="size-7!"
                onClick={() => void attempt(() => deleteAlias(name, alias), `Took ${alias} away.`, () => setAlias(name, alias, number))}
              />
            </li>
          ))}
        </ul>
      )}
      <AskDialog
        open={adding}
        title="Give an alias"
        label="Alias"
        action="Give"
        hint="It moves here from the version it stands for. Where a policy governs it, this asks for a promotion."
        onClose={() => setAdding(false)}
        onDone={(alias) => {
          const before = holder(alias)
          void attempt(() => setAlias(name, alias, number), `${alias} stands for version ${number}.`, () => (before ? setAlias(name, alias, before) : deleteAlias(name, alias)))
        }}
      />
    </Section>
  )
}

function SignatureSection({ signature, pending }: { signature: Signature | undefined; pending: boolean }) {
  return (
    <Section title="Signature">
      {pending ? (
        <Skeleton lines={2} />
      ) : !signature ? (
        <p className="text-ink-2">Its files hold no signature.</p>
      ) : (
        (['inputs', 'outputs', 'params'] as const).map(
          (part) =>
            signature[part].length > 0 && (
              <div key={part} className="mb-2 last:mb-0">
                <h3 className="text-sm font-semibold">{part[0]!.toUpperCase() + part.slice(1)}</h3>
                <ul className="text-sm">
                  {signature[part].map((field, i) => (
                    <li key={i} className="flex justify-between gap-3 border-b border-line py-1 last:border-0">
                      <span className="min-w-0 break-words">
                        {field.name || '(unnamed)'}
                        {field.optional && <span className="text-ink-3"> optional</span>}
                      </span>
                      <code className="shrink-0 font-mono text-xs text-ink-2">{field.type}</code>
                    </li>
                  ))}
                </ul>
              </div>
            ),
        )
      )}
    </Section>
  )
}
