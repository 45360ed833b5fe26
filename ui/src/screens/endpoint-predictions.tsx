// What an endpoint was asked last, and what it answered.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Database } from 'lucide-react'
import { useMemo, useState } from 'react'
import { predictionsQuery, type Endpoint, type Prediction } from '../api/serving.ts'
import { Badge, Button, buttonClass, Empty, Skeleton, Time } from '../components/basics.tsx'
import { NotShown } from '../components/refused.tsx'
import { Table, type TableColumn } from '../components/table.tsx'
import { formatNumber } from '../lib/format.ts'
import { cellText } from '../lib/preview.ts'
import { formatMillis, formatShare } from '../lib/serving.ts'

const NOTHING: ReadonlySet<string> = new Set()
const WATCH_MILLIS = 3_000

/** Numbers are short, also those in a list: all digits are in its title. */
export function shownValue(value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => (typeof each === 'number' ? formatNumber(Number(each.toPrecision(3))) : cellText(each))).join(', ')
  return typeof value === 'number' ? formatNumber(value) : cellText(value)
}

function named(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${shownValue(value)}`)
    .join(', ')
}

/** What `predict` answers, which is the first of them, and the others after it. */
function Outputs({ outputs }: { outputs: Prediction['outputs'] }) {
  const [[first, answer] = ['', ''], ...others] = Object.entries(outputs)
  return (
    <span className="truncate" title={named(outputs)}>
      <span className="sr-only">{first} </span>
      <span className="font-medium">{shownValue(answer)}</span>
      {others.length > 0 && <span className="ml-2 text-ink-3">{named(Object.fromEntries(others))}</span>}
    </span>
  )
}

const COLUMNS: TableColumn<Prediction>[] = [
  {
    id: 'at',
    label: 'When',
    width: 120,
    pinned: true,
    render: ({ id, at }) => (
      <Link to="/predictions/$id" params={{ id }} tabIndex={-1} className="text-accent hover:underline">
        <Time millis={Date.parse(at)} />
      </Link>
    ),
  },
  { id: 'answer', label: 'Answer', title: 'Of its first row', width: 230, render: ({ outputs }) => <Outputs outputs={outputs} /> },
  { id: 'variant', label: 'By', width: 160, render: ({ variant, model, version }) => <span className="flex min-w-0 items-center gap-2"><Badge>{variant}</Badge><span className="truncate text-ink-2">{model}/{version}</span></span> },
  { id: 'inputs', label: 'Asked', title: 'Its first row', width: 330, render: ({ inputs }) => <span className="truncate text-ink-2" title={named(inputs)}>{named(inputs)}</span> },
  { id: 'took', label: 'Took', width: 90, numeric: true, render: ({ milliseconds }) => formatMillis(milliseconds) },
  { id: 'caller', label: 'Caller', width: 140, render: ({ caller }) => <span className="truncate text-ink-2">{caller}</span> },
  { id: 'revision', label: 'Revision', width: 80, numeric: true, render: ({ revision }) => revision },
]

export function EndpointPredictions({ endpoint: { name, revision } }: { endpoint: Endpoint }) {
  const navigate = useNavigate()
  const [reading, setReading] = useState(false)
  const query = useInfiniteQuery({ ...predictionsQuery(name), refetchInterval: ({ state }) => (reading || state.status === 'error' || (state.data?.pages.length ?? 0) > 1 ? false : WATCH_MILLIS) })
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query
  const rows = useMemo(() => [...new Map((data?.pages ?? []).flatMap(({ predictions }) => predictions).map((each) => [each.id, each])).values()], [data])
  const { policy } = revision
  if (error && !data) return <NotShown error={error} what="The predictions could not be read" right={`the right to read the dataset predictions.${name.replaceAll('.', '_')}`} onRetry={() => void refetch()} />
  return (
    <div className="card flex h-[calc(100dvh-15rem)] min-h-72 flex-col">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line p-2 text-sm">
        <span className="min-w-0 flex-1 basis-56 px-1 text-ink-2">
          {policy.log === 'off' ? 'None is kept: the policy says so.' : policy.sample < 1 ? `${formatShare(policy.sample)} of the requests are kept.` : 'Each request with its first row, the newest first.'}
          {reading && ' Paused while you read.'}
        </span>
        {reading && (
          <Button
            kind="quiet"
            onClick={() => {
              setReading(false)
              void refetch()
            }}
          >
            Show what is new
          </Button>
        )}
        <Link to="/datasets/$name" params={{ name: `predictions.${name.replaceAll('.', '_')}` }} className={buttonClass('quiet')} title="Predictions get there within a minute or so">
          <Database aria-hidden size={15} /> All as a dataset
        </Link>
      </div>
      {isPending ? (
        <div className="p-3">
          <Skeleton lines={6} />
        </div>
      ) : rows.length === 0 ? (
        <Empty
          title={policy.log === 'off' ? 'No prediction is kept' : 'Nobody has asked it yet'}
          actions={
            policy.log === 'off' ? (
              <Link to="/endpoints/$name" params={{ name }} search={{ section: 'policy' }} className={buttonClass('primary')}>
                Change the policy
              </Link>
            ) : (
              <Link to="/endpoints/$name" params={{ name }} search={{ section: 'try' }} className={buttonClass('primary')}>
                Try it
              </Link>
            )
          }
        />
      ) : (
        <Table name="predictions" label="Predictions" rows={rows} idOf={({ id }) => id} columns={COLUMNS} selected={NOTHING} onOpen={({ id }) => void navigate({ to: '/predictions/$id', params: { id } })} more={hasNextPage} onMore={() => void (isFetchingNextPage || fetchNextPage())} onReading={setReading} />
      )}
    </div>
  )
}
