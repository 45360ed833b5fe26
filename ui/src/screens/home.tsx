// What is going on?

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck, CircleX, FlaskConical, GitPullRequestArrow, Play } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useStreamState, useTopics } from '../api/changes.ts'
import { ApiError } from '../api/client.ts'
import { promotionsQuery } from '../api/registry.ts'
import { healthQuery, versionQuery } from '../api/system.ts'
import { experimentsQuery, searchRunsQuery, type Experiment, type Run } from '../api/tracking.ts'
import { Badge, buttonClass, CodeBlock, Empty, ErrorState, PageHeader, Section, Skeleton, Status, Time } from '../components/basics.tsx'
import { useNow } from '../components/clock.ts'
import { say } from '../components/toasts.tsx'
import { formatDuration } from '../lib/format.ts'

const TOPICS = ['tracking', 'promotion']

export function Home() {
  useTopics(TOPICS)
  const experiments = useQuery(experimentsQuery('active', ''))
  const ids = (experiments.data?.experiments ?? []).map((each) => each.experiment_id)
  const recent = useQuery({ ...searchRunsQuery({ experiment_ids: ids, order_by: ['attributes.start_time DESC'], max_results: 12 }), enabled: ids.length > 0 })
  const fresh = experiments.data !== undefined && (ids.length === 0 || recent.data?.length === 0)
  useFirstRun(fresh, recent.data)

  if (experiments.error) return <ErrorState error={experiments.error} what="The experiments could not be read" onRetry={() => void experiments.refetch()} />
  if (recent.error) return <ErrorState error={recent.error} what="The runs could not be read" onRetry={() => void recent.refetch()} />
  return (
    <>
      <PageHeader title={fresh ? 'Welcome to Millwright' : 'Home'} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(17rem,1fr)]">
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          {fresh ? <FirstRun /> : <Runs recent={recent.data} ids={ids} experiments={experiments.data?.experiments ?? []} />}
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <Server />
          <Waiting />
          {!fresh && experiments.data && <Experiments experiments={experiments.data.experiments ?? []} />}
        </div>
      </div>
    </>
  )
}

/** Says so when the first run of a fresh server arrives. */
function useFirstRun(fresh: boolean, recent: Run[] | undefined): void {
  const waited = useRef(false)
  useEffect(() => {
    if (fresh) waited.current = true
    else if (waited.current && recent && recent.length > 0) {
      waited.current = false
      say(`Your first run has arrived: ${recent[0]!.info.run_name}.`)
    }
  }, [fresh, recent])
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

function Runs({ recent, ids, experiments }: { recent: Run[] | undefined; ids: string[]; experiments: readonly Experiment[] }) {
  const running = useQuery({
    ...searchRunsQuery({ experiment_ids: ids, filter: "attributes.status = 'RUNNING'", order_by: ['attributes.start_time DESC'], max_results: 20 }),
    enabled: ids.length > 0,
  })
  const names = new Map(experiments.map((each) => [each.experiment_id, each.name]))
  return (
    <>
      <Section title="Running now" actions={running.data && running.data.length > 0 && <Badge tone="live">{running.data.length === 20 ? '20 or more' : running.data.length}</Badge>}>
        {running.error ? (
          <ErrorState error={running.error} what="The running runs could not be read" />
        ) : running.isPending ? (
          <Skeleton />
        ) : running.data.length === 0 ? (
          <p className="text-ink-2">Nothing is running. A run appears here by itself when a client starts one.</p>
        ) : (
          <RunList runs={running.data} names={names} />
        )}
      </Section>
      <Section title="Recent runs">{recent ? <RunList runs={recent} names={names} /> : <Skeleton lines={6} />}</Section>
    </>
  )
}

function RunList({ runs, names }: { runs: readonly Run[]; names: ReadonlyMap<string, string> }) {
  const now = useNow()
  return (
    <ul className="-my-2 divide-y divide-line">
      {runs.map(({ info }) => (
        <li key={info.run_id} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 py-2">
          <span className="min-w-0 flex-1 basis-56">
            <Link to="/runs/$id" params={{ id: info.run_id }} className="block truncate font-medium text-accent hover:underline">
              {info.run_name || info.run_id}
            </Link>
            <Link to="/experiments/$id" params={{ id: info.experiment_id }} className="block truncate text-sm text-ink-2 hover:underline">
              {names.get(info.experiment_id) ?? `experiment ${info.experiment_id}`}
            </Link>
          </span>
          <span className="w-24">
            <Status status={info.status} />
          </span>
          <span className="w-28 text-right text-sm text-ink-2">
            <span className="block">
              <Time millis={info.start_time} />
            </span>
            <span className="block text-ink-3">{info.start_time > 0 && (info.end_time || info.status === 'RUNNING') ? formatDuration((info.end_time ?? now) - info.start_time) : ''}</span>
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
    <Section title="Server">
      {health.error ? (
        <ErrorState error={health.error} what="The server is not well" onRetry={() => void health.refetch()} />
      ) : (
        <p className="flex items-center gap-2">
          {health.data ? <CircleCheck aria-hidden size={17} className="text-good" /> : <CircleX aria-hidden size={17} className="text-ink-3" />}
          {health.data ? `Healthy, answers in ${formatDuration(Math.max(1, health.data.millis))}` : 'Asking …'}
        </p>
      )}
      {version.data && (
        <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-sm">
          <dt className="text-ink-3">Millwright</dt>
          <dd>{version.data.millwright}</dd>
          <dt className="text-ink-3">Answers as MLflow</dt>
          <dd>{version.data.mlflow}</dd>
          <dt className="text-ink-3">Address</dt>
          <dd className="break-all">{location.origin}</dd>
        </dl>
      )}
    </Section>
  )
}

function Waiting() {
  const waiting = useQuery(promotionsQuery({ state: 'waiting' }))
  // Without the right to see promotions there is nothing to decide.
  if (waiting.error instanceof ApiError && (waiting.error.status === 403 || waiting.error.status === 404)) return null
  return (
    <Section title="Waiting for a decision" actions={waiting.data && waiting.data.length > 0 && <Badge tone="warn">{waiting.data.length}</Badge>}>
      {waiting.error ? (
        <ErrorState error={waiting.error} what="The promotions could not be read" onRetry={() => void waiting.refetch()} />
      ) : waiting.isPending ? (
        <Skeleton lines={2} />
      ) : waiting.data.length === 0 ? (
        <p className="text-ink-2">No promotion waits.</p>
      ) : (
        <ul className="-my-2 divide-y divide-line">
          {waiting.data.slice(0, 8).map((promotion) => (
            <li key={promotion.id} className="flex items-start gap-2 py-2">
              <GitPullRequestArrow aria-hidden size={16} className="mt-1 shrink-0 text-warn" />
              <span className="min-w-0">
                <Link to="/model-version" search={{ name: promotion.model, version: String(promotion.version) }} className="font-medium break-words text-accent hover:underline">
                  {promotion.model} version {promotion.version}
                </Link>
                <span className="block text-sm text-ink-2">
                  to {promotion.alias || promotion.to}, asked by {promotion.requester} <Time millis={Date.parse(promotion.requested_at)} />
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function Experiments({ experiments }: { experiments: readonly Experiment[] }) {
  return (
    <Section
      title="Experiments"
      actions={
        <Link to="/experiments" className={buttonClass('quiet')}>
          <FlaskConical aria-hidden size={15} /> See all
        </Link>
      }
    >
      {experiments.length === 0 ? (
        <Empty icon={Play} title="No experiment yet" />
      ) : (
        <ul className="grid gap-1.5">
          {experiments.slice(0, 8).map((each) => (
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
