// What is going on?

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck, CircleX, FlaskConical, GitPullRequestArrow, RadioTower } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useStreamState, useTopics } from '../api/changes.ts'
import { meQuery } from '../api/access.ts'
import { ApiError } from '../api/client.ts'
import { promotionsQuery, type Promotion } from '../api/registry.ts'
import { recentRunsQuery, type RecentRun } from '../api/runs.ts'
import { endpointsQuery } from '../api/serving.ts'
import { healthQuery, spaceQuery, versionQuery } from '../api/system.ts'
import { experimentsQuery } from '../api/tracking.ts'
import { Badge, buttonClass, CodeBlock, ErrorState, PageHeader, Section, Skeleton, Status, Time } from '../components/basics.tsx'
import { useNow } from '../components/clock.ts'
import { EndpointState } from '../components/endpoint-state.tsx'
import { FactList } from '../components/fact-list.tsx'
import { say } from '../components/toasts.tsx'
import { formatBytes, formatDuration, plural } from '../lib/format.ts'

const TOPICS = ['tracking', 'promotion']
const RUNNING = 20
const FAILED = 5
const RECENT = 12

export function Home() {
  useTopics(TOPICS)
  const recent = useQuery(recentRunsQuery(undefined, RECENT))
  const fresh = recent.data !== undefined && recent.data.runs.length === 0
  useFirstRun(recent.data?.runs)
  if (recent.error) return <ErrorState error={recent.error} what="The runs could not be read" onRetry={() => void recent.refetch()} />
  return (
    <>
      <PageHeader title={fresh ? 'Welcome to Millwright' : 'Home'} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(17rem,1fr)]">
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">{fresh ? <FirstRun /> : <Runs recent={recent.data?.runs} />}</div>
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <Waiting />
          <Endpoints />
          <Server />
          {!fresh && <Experiments />}
        </div>
      </div>
    </>
  )
}

/** Says so when the first run of a fresh server arrives. */
function useFirstRun(recent: readonly RecentRun[] | undefined): void {
  const waited = useRef(false)
  useEffect(() => {
    const first = recent?.[0]
    if (recent?.length === 0) waited.current = true
    else if (waited.current && first) {
      waited.current = false
      say(`Your first run has arrived: ${first.run_name}.`)
    }
  }, [recent])
}

function FirstRun() {
  const state = useStreamState()
  return (
    <Section title="Log your first run">
      <p className="mb-3 max-w-prose text-ink-2">
        Any MLflow client works unchanged. Tell it where this server is, then run a training script, or these three lines:
      </p>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
        <CodeBlock label="Shell command" code={`export MLFLOW_TRACKING_URI=${location.origin}`} />
        <CodeBlock label="Python code" code={'import mlflow\nwith mlflow.start_run():\n    mlflow.log_metric("loss", 0.5)'} />
      </div>
      <p role="status" className="mt-4 flex items-center gap-2 text-ink-2">
        <span aria-hidden className={`size-2.5 animate-pulse rounded-full ${state === 'live' ? 'bg-good' : 'bg-warn'}`} />
        {state === 'live' ? 'Waiting for it. This page shows it as soon as it arrives.' : 'Connecting to the server …'}
      </p>
    </Section>
  )
}

function Runs({ recent }: { recent: readonly RecentRun[] | undefined }) {
  return (
    <>
      <RunsInStatus status="RUNNING" title="Running now" tone="live" most={RUNNING} empty="Nothing is running. A run appears here by itself when a client starts one." />
      <RunsInStatus status="FAILED" title="Failed last" tone="bad" most={FAILED} />
      <Section title="Recent runs">{recent ? <RunList runs={recent} /> : <Skeleton lines={6} />}</Section>
    </>
  )
}

interface RunsInStatusProps {
  status: 'RUNNING' | 'FAILED'
  title: string
  tone: 'live' | 'bad'
  most: number
  /** Without it the section is left out when there is none. */
  empty?: string
}

function RunsInStatus({ status, title, tone, most, empty }: RunsInStatusProps) {
  const { data, error, isPending } = useQuery(recentRunsQuery(status, most))
  if (!empty && data?.runs.length === 0) return null
  return (
    <Section title={title} actions={data && data.runs.length > 0 && <Badge tone={tone}>{data.more ? `${most} and more` : data.runs.length}</Badge>}>
      {error ? <ErrorState error={error} what="These runs could not be read" /> : isPending ? <Skeleton /> : data.runs.length === 0 ? <p className="text-ink-2">{empty}</p> : <RunList runs={data.runs} />}
    </Section>
  )
}

function RunList({ runs }: { runs: readonly RecentRun[] }) {
  const now = useNow()
  return (
    <ul className="-my-2 divide-y divide-line">
      {runs.map((run) => (
        <li key={run.run_id} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 py-2">
          <span className="min-w-0 flex-1 basis-56">
            <Link to="/runs/$id" params={{ id: run.run_id }} className="block truncate font-medium text-accent hover:underline">
              {run.run_name || run.run_id}
            </Link>
            <span className="flex min-w-0 gap-1 text-sm text-ink-2">
              <Link to="/experiments/$id" params={{ id: run.experiment_id }} className="min-w-0 truncate hover:underline">
                {run.experiment_name}
              </Link>
              {run.user_id && <span className="max-w-32 shrink-0 truncate text-ink-3">by {run.user_id}</span>}
            </span>
          </span>
          <span className="w-24">
            <Status status={run.status} />
          </span>
          <span className="w-36 text-right text-sm whitespace-nowrap text-ink-2">
            <span className="block">
              <Time millis={run.start_time} />
            </span>
            <span className="block text-ink-3">{run.start_time > 0 && (run.end_time || run.status === 'RUNNING') ? formatDuration((run.end_time ?? now) - run.start_time) : ''}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}

function Server() {
  const health = useQuery(healthQuery)
  const version = useQuery(versionQuery)
  return (
    <Section title="Server and storage">
      {health.error ? (
        <ErrorState error={health.error} what="The server is not well" onRetry={() => void health.refetch()} />
      ) : (
        <p className="mb-2 flex items-center gap-2">
          {health.data ? <CircleCheck aria-hidden size={17} className="text-good" /> : <CircleX aria-hidden size={17} className="text-ink-3" />}
          {health.data ? `Healthy, answers in ${formatDuration(Math.max(1, health.data.millis))}` : 'Asking …'}
        </p>
      )}
      <FactList
        facts={[
          ['Millwright', version.data?.millwright],
          ['Answers as', version.data && `MLflow ${version.data.mlflow}`],
          ['Address', <span key="address" className="break-all">{location.origin}</span>],
          ['Artifacts', <Space key="space" />],
        ]}
      />
    </Section>
  )
}

/** Measured when asked: it counts all there is. */
function Space() {
  const me = useQuery(meQuery)
  const [asked, setAsked] = useState(false)
  const { data, error, isFetching } = useQuery({ ...spaceQuery, enabled: asked })
  if (me.data && !me.data.rights.includes('manage')) return <span className="text-ink-3">whoever manages the workspace sees how much is stored</span>
  if (error) return <span className="text-bad">{error.message}</span>
  if (!data) {
    return (
      <button type="button" disabled={isFetching} onClick={() => setAsked(true)} className="text-accent hover:underline">
        {isFetching ? 'Measuring …' : 'Measure'}
      </button>
    )
  }
  const stored = data.experiments.reduce((sum, { bytes, files }) => ({ bytes: sum.bytes + bytes, files: sum.files + files }), { bytes: 0, files: 0 })
  return `${data.next_page_token ? 'more than ' : ''}${formatBytes(stored.bytes)} in ${plural(stored.files, 'file')}`
}

function Waiting() {
  const waiting = useQuery(promotionsQuery({ state: 'waiting' }))
  // Without the right to see promotions there is nothing to decide.
  if (waiting.error instanceof ApiError && (waiting.error.status === 403 || waiting.error.status === 404)) return null
  const mine = (waiting.data ?? []).filter((promotion) => promotion.may_decide)
  const others = (waiting.data ?? []).filter((promotion) => !promotion.may_decide)
  return (
    <Section title="Waiting for you" actions={mine.length > 0 && <Badge tone="warn">{mine.length}</Badge>}>
      {waiting.error ? (
        <ErrorState error={waiting.error} what="The promotions could not be read" onRetry={() => void waiting.refetch()} />
      ) : waiting.isPending ? (
        <Skeleton lines={2} />
      ) : (
        <>
          {mine.length === 0 ? <p className="text-ink-2">No promotion waits for your decision.</p> : <PromotionLinks promotions={mine} tone="text-warn" />}
          {others.length > 0 && (
            <Group title="Waiting for others">
              <PromotionLinks promotions={others} tone="text-ink-3" />
            </Group>
          )}
        </>
      )}
    </Section>
  )
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <h3 className="mt-4 mb-2 text-sm font-semibold text-ink-2">{title}</h3>
      {children}
    </>
  )
}

const WAITING_SHOWN = 8

function PromotionLinks({ promotions, tone }: { promotions: readonly Promotion[]; tone: string }) {
  return (
    <>
      <ul className="-my-2 divide-y divide-line">
        {promotions.slice(0, WAITING_SHOWN).map((promotion) => (
          <li key={promotion.id} className="flex items-start gap-2 py-2">
            <GitPullRequestArrow aria-hidden size={16} className={`mt-1 shrink-0 ${tone}`} />
            <span className="min-w-0">
              <Link to="/model-version" search={{ name: promotion.model, version: String(promotion.version) }} hash="promotions" className="font-medium break-words text-accent hover:underline">
                {promotion.model} version {promotion.version}
              </Link>
              <span className="block text-sm text-ink-2">
                to {promotion.alias || promotion.to}, asked by {promotion.requester} <Time millis={Date.parse(promotion.requested_at)} />
              </span>
            </span>
          </li>
        ))}
      </ul>
      {promotions.length > WAITING_SHOWN && <p className="mt-3 text-sm text-ink-3">and {promotions.length - WAITING_SHOWN} more</p>}
    </>
  )
}

const ENDPOINTS_SHOWN = 8

/** Left out where nothing is deployed. Those in trouble come first. */
function Endpoints() {
  const { data } = useQuery({ ...endpointsQuery, retry: false })
  if (!data || data.endpoints.length === 0) return null
  const shown = [...data.endpoints].sort((a, b) => Number(b.trouble !== undefined) - Number(a.trouble !== undefined)).slice(0, ENDPOINTS_SHOWN)
  return (
    <Section
      title="Endpoints"
      actions={
        <Link to="/endpoints" className={buttonClass('quiet')}>
          <RadioTower aria-hidden size={15} /> See all
        </Link>
      }
    >
      <ul className="grid gap-1.5">
        {shown.map((endpoint) => (
          <li key={endpoint.name} className="flex items-baseline justify-between gap-3">
            <Link to="/endpoints/$name" params={{ name: endpoint.name }} className="min-w-0 truncate text-accent hover:underline">
              {endpoint.name}
            </Link>
            <span className="flex shrink-0 items-center gap-2">
              {endpoint.revision.canary && <Badge tone="live">canary {endpoint.revision.canary.share} %</Badge>}
              <EndpointState endpoint={endpoint} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Experiments() {
  const { data, error } = useQuery(experimentsQuery('active', ''))
  return (
    <Section
      title="Experiments"
      actions={
        <Link to="/experiments" className={buttonClass('quiet')}>
          <FlaskConical aria-hidden size={15} /> See all
        </Link>
      }
    >
      {error ? (
        <ErrorState error={error} what="The experiments could not be read" />
      ) : !data ? (
        <Skeleton />
      ) : (
        <ul className="grid gap-1.5">
          {(data.experiments ?? []).slice(0, 8).map((each) => (
            <li key={each.experiment_id} className="flex items-baseline justify-between gap-3">
              <Link to="/experiments/$id" params={{ id: each.experiment_id }} className="min-w-0 truncate text-accent hover:underline">
                {each.name}
              </Link>
              <span className="shrink-0 text-sm text-ink-3">
                <Time millis={each.last_update_time} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
