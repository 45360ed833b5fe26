// May this version go live, and who said so?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Ellipsis, Rocket, Terminal } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTopics } from '../api/changes.ts'
import { getText, MLFLOW, urlOf } from '../api/client.ts'
import { fileTextQuery, fileUrl, ownerOf, type FileOwner } from '../api/files.ts'
import { deleteVersionTag, describeVersion, modelVersionQuery, setVersionTag, type ModelVersion } from '../api/registry.ts'
import { runQuery, type FileInfo } from '../api/tracking.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, buttonClass, CodeBlock, ErrorState, IconButton, PageHeader, Section, Skeleton, Time } from '../components/basics.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Facts } from '../components/facts.tsx'
import { FileTree } from '../components/file-tree.tsx'
import { MarkdownSection } from '../components/markdown-section.tsx'
import { Menu } from '../components/menu.tsx'
import { Preview, TextContent } from '../components/preview.tsx'
import { SignatureTable } from '../components/signature-table.tsx'
import { Tags } from '../components/tags.tsx'
import { formatNumber } from '../lib/format.ts'
import { mlmodelFacts } from '../lib/mlmodel.ts'
import { quote, type ApiCall } from '../lib/reproduce.ts'
import { signatureOf } from '../lib/signature.ts'
import { EnvironmentFiles } from './environment.tsx'
import { metricsOf, ModelCardSection, paramsOf } from './model-card.tsx'
import { stageOf } from './model.tsx'
import { PromotionList } from './promotions.tsx'
import { Aliases } from './version-aliases.tsx'

const route = getRouteApi('/model-version')
const TOPICS = ['registry', 'promotion']

export function ModelVersionScreen() {
  useTopics(TOPICS)
  const { name, version } = route.useSearch()
  const { data, error, isPending, refetch } = useQuery(modelVersionQuery(name, version))
  if (error) return <ErrorState error={error} what="This version could not be read" onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={6} />
  return <Shown key={`${name} ${version}`} version={data} />
}

function Shown({ version: data }: { version: ModelVersion }) {
  const { name, version } = data
  const [call, setCall] = useState<ApiCall>()
  const mlmodel = useQuery({
    queryKey: ['model-file', name, version, 'MLmodel'],
    queryFn: ({ signal }) => getText('/model-versions/get-artifact', { name, version, path: 'MLmodel' }, signal),
    retry: false,
    staleTime: 300_000,
  })
  const run = useQuery({ ...runQuery(data.run_id ?? ''), enabled: !!data.run_id, retry: false }).data
  const owner = useMemo(() => ownerOf(data), [data])
  const stage = stageOf(data)
  const metrics = metricsOf(data, run)
  const params = paramsOf(data, run)
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
          <>
            <Link to="/endpoints" search={{ deploy: `${name}/${version}` }} className={buttonClass()}>
              <Rocket aria-hidden size={15} />
              Deploy
            </Link>
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[{ label: 'Show the API call', icon: Terminal, run: () => setCall({ method: 'GET', url: location.origin + urlOf(`${MLFLOW}/model-versions/get`, { name, version }) }) }]}
            />
          </>
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
          <Link to="/lineage" search={{ node: `model-version:${name}/${version}`, direction: 'up' }} className="text-accent hover:underline">
            Lineage
          </Link>
        </div>
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <Aliases version={data} />
          <PromotionList entity={`model-version:${name}/${version}`} told />
          <ModelCardSection version={data} owner={owner} mlmodel={mlmodel.data} pending={mlmodel.isPending} />
          <MarkdownSection title="Description" text={data.description ?? ''} empty="Nothing yet. Say what is new in this version, and what it must not be used for." save={(text) => describeVersion(name, version, text)} />
          <Use version={data} />
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <Facts title="Metrics" csv={`${name}-${version}-metrics.csv`} empty="No metric is recorded, neither with it nor with its run." facts={metrics.map((metric) => ({ key: metric.name, value: metric.value, numeric: true, shown: typeof metric.value === 'number' ? formatNumber(metric.value) : metric.value }))} />
          <SignatureSection version={data} owner={owner} mlmodel={mlmodel.data} pending={mlmodel.isPending} />
          <Facts title="Params" csv={`${name}-${version}-params.csv`} empty="No param is recorded, neither with it nor with its run." facts={params.map((param) => ({ key: param.name, value: param.value }))} />
          <Tags tags={data.tags ?? []} csv={`${name}-${version}-tags.csv`} onSet={(key, value) => setVersionTag(name, version, key, value)} onDelete={(key) => deleteVersionTag(name, version, key)} />
          <Files owner={owner} source={data.source ?? ''} />
        </div>
      </div>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

/** By alias, where one stands for it: then the code stays right when the alias moves. */
function Use({ version }: { version: ModelVersion }) {
  const { name, version: number, aliases = [] } = version
  const uri = aliases[0] ? `models:/${name}@${aliases[0]}` : `models:/${name}/${number}`
  return (
    <Section title="Use it">
      <CodeBlock label="Python code" code={`import mlflow\nmlflow.set_tracking_uri(${JSON.stringify(location.origin)})\nmodel = mlflow.pyfunc.load_model(${JSON.stringify(uri)})`} />
      <p className="mt-2 text-sm text-ink-3">
        {aliases[0] ? (
          <>
            It loads whatever {aliases[0]} stands for. This very version is <code className="font-mono break-all">models:/{name}/{number}</code>.
          </>
        ) : (
          'With an alias the code stays the same when a better version comes.'
        )}
      </p>
      <h3 className="mt-4 mb-1.5 text-sm font-semibold">Download its files</h3>
      <CodeBlock label="Shell command" code={`mlflow artifacts download --artifact-uri ${quote(`models:/${name}/${number}`)} --dst-path ${quote(`${name}-${number}`)}`} />
    </Section>
  )
}

function SignatureSection({ version, owner, mlmodel, pending }: { version: ModelVersion; owner: FileOwner | undefined; mlmodel: string | undefined; pending: boolean }) {
  const signature = mlmodel === undefined ? undefined : signatureOf(mlmodel)
  const example = mlmodel === undefined ? '' : mlmodelFacts(mlmodel).inputExample
  return (
    <Section title="Signature">
      {pending ? <Skeleton lines={2} /> : signature ? <SignatureTable signature={signature} /> : <p className="text-ink-2">{mlmodel === undefined ? 'Its files hold no MLmodel that could be read.' : 'Its MLmodel file holds no signature.'} Log the model with an input example to record one.</p>}
      {owner && example && (
        <details className="mt-3">
          <summary className="cursor-pointer text-sm font-semibold">Input example</summary>
          <div className="mt-2">
            <Example key={version.version} url={fileUrl(owner, example)} path={example} />
          </div>
        </details>
      )}
    </Section>
  )
}

function Example({ url, path }: { url: string; path: string }) {
  const { data, error, isPending } = useQuery(fileTextQuery(url))
  if (error) return <ErrorState error={error} what="The input example could not be read" />
  if (isPending) return <Skeleton lines={3} />
  return <TextContent kind={/\.json$/i.test(path) ? 'json' : 'text'} path={path} text={data} />
}

function Files({ owner, source }: { owner: FileOwner | undefined; source: string }) {
  const [looked, setLooked] = useState<FileInfo>()
  return (
    <Section title="Files">
      {!owner ? (
        <p className="text-ink-2">
          They lie outside this server's own store{source && ', at '}
          {source && <code className="font-mono text-xs break-all">{source}</code>}. Open them with your own credentials.
        </p>
      ) : (
        <>
          <div className="-mx-2 max-h-96 overflow-y-auto">
            <FileTree
              owner={owner}
              chosen=""
              wrap={(file, content, className) => (
                <button type="button" onClick={() => setLooked(file)} className={className}>
                  {content}
                </button>
              )}
            />
          </div>
          <h3 className="mt-4 mb-1.5 text-sm font-semibold">Environment</h3>
          <EnvironmentFiles places={[{ owner, folder: '', label: '' }]} none="No requirements.txt, conda.yaml or python_env.yaml lies beside it." />
        </>
      )}
      <Dialog open={looked !== undefined} onClose={() => setLooked(undefined)} title="File" wide>
        {owner && looked && <Preview owner={owner} path={looked.path} bytes={looked.file_size ?? 0} />}
      </Dialog>
    </Section>
  )
}
