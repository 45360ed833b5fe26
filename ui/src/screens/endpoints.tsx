// Which models answer, and how do they do now?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { RadioTower, Rocket, Search } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { OWN } from '../api/client.ts'
import { activityQuery, endpointsQuery, type Endpoint } from '../api/serving.ts'
import { Badge, Button, CodeBlock, Empty, PageHeader, Skeleton, Time } from '../components/basics.tsx'
import { EndpointState } from '../components/endpoint-state.tsx'
import { useKeys } from '../components/keys.tsx'
import { NotShown } from '../components/refused.tsx'
import { Sparkline } from '../components/sparkline.tsx'
import { Table, type TableColumn } from '../components/table.tsx'
import { TrafficBar } from '../components/traffic-bar.tsx'
import { formatCount, plural } from '../lib/format.ts'
import { formatMillis, formatRate, formatShare, pulseOf, sharesOf, versionOf, type Pulse } from '../lib/serving.ts'
import { DeployDialog } from './endpoint-deploy.tsx'

const route = getRouteApi('/endpoints')
const NOTHING: ReadonlySet<string> = new Set()
const MINUTES = 10

function Answers({ endpoint: { revision } }: { endpoint: Endpoint }) {
  const { variants, shadows, canary } = revision
  const shares = sharesOf(variants.map(({ weight }) => weight))
  return (
    <span className="flex min-w-0 items-center gap-2">
      <TrafficBar width={48} parts={variants.map((variant, i) => ({ ...variant, label: versionOf(variant), color: i }))} />
      <span className="min-w-0 truncate" title={variants.map((variant, i) => `${versionOf(variant)} ${shares[i]} %`).join(', ')}>
        {variants.map((variant, i) => (i > 0 && variant.model === variants[i - 1]!.model ? variant.version : versionOf(variant))).join(', ')}
      </span>
      {canary && (
        <Badge tone="live">
          canary {canary.share} %
        </Badge>
      )}
      {shadows.length > 0 && <Badge title={shadows.map(versionOf).join(', ')}>{plural(shadows.length, 'shadow')}</Badge>}
    </span>
  )
}

/** What it did in the last minutes; undefined until that is known. */
function usePulse(name: string): Pulse | undefined {
  const { data, dataUpdatedAt } = useQuery(activityQuery(name, MINUTES))
  return useMemo(() => (data ? pulseOf(data, MINUTES, dataUpdatedAt) : undefined), [data, dataUpdatedAt])
}

function Requests({ name }: { name: string }) {
  const pulse = usePulse(name)
  if (!pulse) return <span className="text-ink-3">…</span>
  if (pulse.requests === 0) return <span className="text-ink-3">none</span>
  return (
    <span className="flex items-center gap-2">
      <Sparkline width={64} values={pulse.rates} label={`${formatCount(pulse.requests)} requests in the last ${MINUTES} minutes`} />
      {formatRate(pulse.perSecond)}
    </span>
  )
}

function Latency({ name }: { name: string }) {
  const pulse = usePulse(name)
  if (pulse?.p50 === undefined) return null
  return (
    <span className="flex items-center gap-2" title="p50: of the median ten seconds. p99: of the slowest ten seconds.">
      <Sparkline width={64} values={pulse.slowest} tone="series-2" label={`p99 of each ten seconds, at most ${formatMillis(pulse.p99)}`} />
      {formatMillis(pulse.p50)} · {formatMillis(pulse.p99)}
    </span>
  )
}

function Errors({ name }: { name: string }) {
  const pulse = usePulse(name)
  if (!pulse || pulse.requests === 0) return null
  const wrong = pulse.failed + pulse.refused
  if (wrong === 0) return <span className="text-ink-3">none</span>
  return (
    <span className="flex items-center gap-2" title={`${formatCount(pulse.failed)} failed, ${formatCount(pulse.refused)} refused for their rows`}>
      <Sparkline values={pulse.errors} tone="bad" width={48} label={`${formatCount(wrong)} of ${formatCount(pulse.requests)} requests failed or were refused`} />
      <span className={pulse.failed > 0 ? 'font-medium text-bad' : 'text-ink-2'}>{formatShare(wrong / pulse.requests)}</span>
    </span>
  )
}

const COLUMNS: TableColumn<Endpoint>[] = [
  {
    id: 'name',
    label: 'Endpoint',
    width: 140,
    pinned: true,
    render: ({ name }) => (
      <Link to="/endpoints/$name" params={{ name }} tabIndex={-1} title={name} className="truncate font-medium text-accent hover:underline">
        {name}
      </Link>
    ),
  },
  { id: 'state', label: 'State', width: 90, render: (endpoint) => <EndpointState endpoint={endpoint} /> },
  { id: 'answers', label: 'Who answers', width: 300, render: (endpoint) => <Answers endpoint={endpoint} /> },
  { id: 'requests', label: 'Requests', title: `Requests in the last ${MINUTES} minutes`, width: 150, render: ({ name }) => <Requests name={name} /> },
  { id: 'latency', label: 'p50 · p99', title: 'Latency: within which half and 99 of 100 requests were answered', width: 216, render: ({ name }) => <Latency name={name} /> },
  { id: 'errors', label: 'Errors', title: 'Requests that failed or were refused', width: 122, render: ({ name }) => <Errors name={name} /> },
  { id: 'changed', label: 'Changed', width: 120, numeric: true, render: ({ revision }) => <Time millis={Date.parse(revision.created_at)} /> },
  { id: 'by', label: 'By', width: 120, render: ({ revision }) => <span className="truncate text-ink-2">{revision.created_by}</span> },
]

export function Endpoints() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/endpoints' })
  const { data, error, isPending, refetch } = useQuery(endpointsQuery)
  const [deploying, setDeploying] = useState(false)
  const find = useRef<HTMLInputElement>(null)
  const wanted = (search.q ?? '').toLowerCase()
  const rows = useMemo(
    () => (data?.endpoints ?? []).filter(({ name, revision }) => wanted === '' || [name, ...[...revision.variants, ...revision.shadows].map(versionOf)].some((text) => text.toLowerCase().includes(wanted))),
    [data, wanted],
  )
  useKeys('Endpoints', [
    { key: 's', says: 'Search by name or model', run: () => find.current?.focus() },
    { key: 'n', says: 'Deploy a model', run: () => setDeploying(true) },
  ])
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title="Endpoints"
        actions={
          <Button kind="primary" icon={Rocket} onClick={() => setDeploying(true)}>
            Deploy a model
          </Button>
        }
      />
      <div className="card flex h-[calc(100dvh-12rem)] min-h-64 flex-col md:h-[calc(100dvh-6.5rem)]">
        <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
          <label className="relative min-w-0 flex-1 basis-56">
            <span className="sr-only">Search endpoints by name or model</span>
            <Search aria-hidden size={15} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
            <input
              ref={find}
              type="search"
              value={search.q ?? ''}
              placeholder="Name or model"
              onChange={(event) => void navigate({ search: (old) => ({ ...old, q: event.target.value || undefined }), replace: true })}
              className="field w-full pl-8!"
            />
          </label>
          <span className="text-sm text-ink-3">{data ? `${plural(rows.length, 'endpoint')}${data.more ? ' of the first 1000' : ''}` : ''}</span>
        </div>
        {error ? (
          <NotShown error={error} what="The endpoints could not be read" right="the right to read endpoints" onRetry={() => void refetch()} />
        ) : isPending ? (
          <div className="p-3">
            <Skeleton lines={6} />
          </div>
        ) : rows.length === 0 && wanted ? (
          <Empty icon={Search} title="No endpoint has this in its name or its models" actions={<Button onClick={() => void navigate({ search: {} })}>Show all</Button>} />
        ) : rows.length === 0 ? (
          <Empty
            icon={RadioTower}
            title="No model answers yet"
            actions={
              <Button kind="primary" icon={Rocket} onClick={() => setDeploying(true)}>
                Deploy a model
              </Button>
            }
          >
            <p className="mb-3">Deploy a version of a registered model: it is loaded, tried, and then answers over HTTP and gRPC. Here, or in a shell:</p>
            <div className="text-left">
              <CodeBlock label="Shell command" code={`curl -X POST ${location.origin}${OWN}/endpoints/churn/deploy \\\n  -H 'Content-Type: application/json' -d '{"model": "churn@champion"}'`} />
            </div>
          </Empty>
        ) : (
          <Table name="endpoints" label="Endpoints" rows={rows} idOf={({ name }) => name} columns={COLUMNS} selected={NOTHING} onOpen={({ name }) => void navigate({ to: '/endpoints/$name', params: { name } })} more={false} onMore={() => {}} total={rows.length} />
        )}
      </div>
      <DeployDialog
        open={deploying || search.deploy !== undefined}
        {...(search.deploy ? { model: search.deploy } : {})}
        onClose={() => {
          setDeploying(false)
          if (search.deploy) void navigate({ search: (old) => ({ ...old, deploy: undefined }), replace: true })
        }}
      />
    </div>
  )
}
