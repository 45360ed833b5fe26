// Who answers, how well, and may I change it?

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Bird, Ellipsis, Ghost, History, Rocket, Terminal, Trash2, TriangleAlert } from 'lucide-react'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { deleteEndpoint, endpointPath, endpointQuery, type Endpoint } from '../api/serving.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Button, IconButton, PageHeader, Skeleton, tabClass, Time } from '../components/basics.tsx'
import { EndpointState } from '../components/endpoint-state.tsx'
import { ConfirmDialog } from '../components/form-dialog.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { NotShown } from '../components/refused.tsx'
import { say } from '../components/toasts.tsx'
import type { ApiCall } from '../lib/reproduce.ts'
import { listOf, versionOf } from '../lib/serving.ts'
import { ENDPOINT_SECTIONS, type EndpointSearch } from '../lib/serving-search.ts'
import { CanaryDialog } from './endpoint-canary.tsx'
import { DeployDialog } from './endpoint-deploy.tsx'
import { EndpointNow } from './endpoint-now.tsx'
import { RollBackDialog } from './endpoint-roll-back.tsx'
import { ShadowDialog } from './endpoint-shadows.tsx'

const EndpointTry = lazy(() => import('./endpoint-try.tsx').then((module) => ({ default: module.EndpointTry })))
const EndpointPredictions = lazy(() => import('./endpoint-predictions.tsx').then((module) => ({ default: module.EndpointPredictions })))
const EndpointTruth = lazy(() => import('./endpoint-truth.tsx').then((module) => ({ default: module.EndpointTruth })))
const EndpointRevisions = lazy(() => import('./endpoint-revisions.tsx').then((module) => ({ default: module.EndpointRevisions })))
const EndpointPolicy = lazy(() => import('./endpoint-policy.tsx').then((module) => ({ default: module.EndpointPolicy })))

const route = getRouteApi('/endpoints/$name')
const LABELS: Record<(typeof ENDPOINT_SECTIONS)[number], string> = { now: 'Now', try: 'Try it', predictions: 'Predictions', truth: 'Truth', revisions: 'Revisions', policy: 'Policy' }
type Asking = 'deploy' | 'canary' | 'shadow' | 'roll-back' | 'delete'

export function EndpointScreen() {
  const { name } = route.useParams()
  const { data, error, isPending, refetch } = useQuery(endpointQuery(name))
  if (error && !data) return <NotShown error={error} what="This endpoint could not be read" right={`the right to read the endpoint ${name}`} onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={8} />
  return <Shown key={name} endpoint={data} />
}

function Shown({ endpoint }: { endpoint: Endpoint }) {
  const { name, revision } = endpoint
  const search = route.useSearch()
  const navigate = useNavigate()
  const client = useQueryClient()
  const [asking, setAsking] = useState<Asking>()
  const [call, setCall] = useState<ApiCall>()
  const section = search.section ?? 'now'
  const close = () => setAsking(undefined)
  useKeys('Endpoint', [
    { key: 't', says: 'Try it', run: () => void navigate({ to: '/endpoints/$name', params: { name }, search: { section: 'try' } }) },
    { key: 'n', says: 'Deploy a model', run: () => setAsking('deploy') },
  ])
  return (
    <>
      <PageHeader
        above={
          <Link to="/endpoints" className="hover:underline">
            Endpoints
          </Link>
        }
        title={name}
        actions={
          <>
            <Button icon={Bird} onClick={() => setAsking('canary')}>
              Canary
            </Button>
            <Button icon={Ghost} onClick={() => setAsking('shadow')}>
              Shadow
            </Button>
            <Button kind="primary" icon={Rocket} onClick={() => setAsking('deploy')}>
              Deploy
            </Button>
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[
                { label: 'Show the API call', icon: Terminal, run: () => setCall({ method: 'GET', url: location.origin + endpointPath(name) }) },
                { label: 'Roll back', icon: History, disabled: revision.number < 2, run: () => setAsking('roll-back') },
                { label: 'Delete', icon: Trash2, run: () => setAsking('delete') },
              ]}
            />
          </>
        }
      >
        <div className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-2">
          <EndpointState endpoint={endpoint} />
          <Labelled label="Answers with">{listOf(revision.variants.filter(({ weight }) => weight > 0).map(versionOf))}</Labelled>
          <Labelled label="Revision">{revision.number}</Labelled>
          <Labelled label="Since">
            <Time millis={Date.parse(revision.created_at)} /> by {revision.created_by}
          </Labelled>
        </div>
      </PageHeader>
      {endpoint.trouble && (
        <div role="alert" className="mb-4 flex items-start gap-2.5 rounded-lg border border-line bg-bad-soft p-3 text-sm">
          <TriangleAlert aria-hidden size={17} className="mt-0.5 shrink-0 text-bad" />
          <div className="min-w-0">
            <p className="font-semibold text-bad">
              This server does not answer with revision {revision.number}
              {endpoint.serving_revision > 0 ? `, but still with revision ${endpoint.serving_revision}` : ''}
            </p>
            <p className="mt-1 break-words">{endpoint.trouble}</p>
            <p className="mt-1 text-ink-2">It tries again every ten seconds. Roll back, or put right what is wrong.</p>
          </div>
        </div>
      )}
      <nav aria-label="Parts of the endpoint" className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
        {ENDPOINT_SECTIONS.map((each) => (
          <Link
            key={each}
            to="/endpoints/$name"
            params={{ name }}
            search={(old: EndpointSearch) => ({ ...old, section: each === 'now' ? undefined : each })}
            aria-current={section === each ? 'page' : undefined}
            className={`${tabClass(section === each)} whitespace-nowrap`}
          >
            {LABELS[each]}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Skeleton lines={6} />}>
        {section === 'now' && <EndpointNow endpoint={endpoint} onShadow={() => setAsking('shadow')} onStop={() => setAsking('roll-back')} />}
        {section === 'try' && <EndpointTry endpoint={endpoint} />}
        {section === 'predictions' && <EndpointPredictions endpoint={endpoint} />}
        {section === 'truth' && <EndpointTruth endpoint={endpoint} />}
        {section === 'revisions' && <EndpointRevisions endpoint={endpoint} />}
        {section === 'policy' && <EndpointPolicy key={JSON.stringify(revision.policy)} endpoint={endpoint} />}
      </Suspense>
      <DeployDialog open={asking === 'deploy'} endpoint={name} onClose={close} />
      <CanaryDialog open={asking === 'canary'} endpoint={endpoint} onClose={close} />
      <ShadowDialog open={asking === 'shadow'} endpoint={endpoint} onClose={close} />
      <RollBackDialog open={asking === 'roll-back'} endpoint={endpoint} onClose={close} />
      <ConfirmDialog
        open={asking === 'delete'}
        title={`Delete ${name}`}
        name={name}
        action="Delete"
        onClose={close}
        onDone={async () => {
          await deleteEndpoint(name)
          say(`Deleted the endpoint ${name}.`)
          await navigate({ to: '/endpoints' })
          client.removeQueries({ queryKey: ['serving', 'endpoint', name] })
          void client.invalidateQueries({ queryKey: ['serving', 'endpoints'] })
        }}
      >
        Whoever asks it gets 404 from then on. Its revisions go; its models stay in the registry, and its predictions in their dataset.
      </ConfirmDialog>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <span>
      <span className="text-ink-3">{label}</span> {children}
    </span>
  )
}
