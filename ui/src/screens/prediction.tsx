// Where does this answer come from?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight, SearchX, Share2, Terminal } from 'lucide-react'
import { Fragment, useState } from 'react'
import { ApiError, OWN } from '../api/client.ts'
import { endpointQuery, predictionQuery, type Endpoint, type Prediction, type PredictionStory, type Truth } from '../api/serving.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, buttonClass, CodeBlock, CopyButton, Empty, IconButton, PageHeader, Section, Skeleton, Time } from '../components/basics.tsx'
import { FactList } from '../components/fact-list.tsx'
import { Facts } from '../components/facts.tsx'
import { useKeys } from '../components/keys.tsx'
import { NotShown } from '../components/refused.tsx'
import { cellText } from '../lib/preview.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { agrees, formatMillis, formatShare } from '../lib/serving.ts'
import { shownValue } from './endpoint-predictions.tsx'

const route = getRouteApi('/predictions/$id')
const USUAL_TOLERANCE = 0.01

export function PredictionScreen() {
  const { id } = route.useParams()
  const { data, error, isPending, refetch } = useQuery(predictionQuery(id))
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Empty
        icon={SearchX}
        title="There is no such prediction"
        actions={
          <Link to="/endpoints" className={buttonClass('primary')}>
            Go to the endpoints
          </Link>
        }
      >
        {error.message}
      </Empty>
    )
  }
  if (error) return <NotShown error={error} what="This prediction could not be read" right="the right to read its endpoint" onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={8} />
  return <Shown key={id} story={data} />
}

function Shown({ story }: { story: PredictionStory }) {
  const search = route.useSearch()
  const navigate = useNavigate()
  const [call, setCall] = useState<ApiCall>()
  const answers = story.rows.filter(({ shadow }) => !shadow)
  const rows = answers.map(({ row }) => row)
  const wanted = Number(search.row ?? rows[0] ?? 0)
  const at = Math.max(0, rows.indexOf(wanted))
  const given = answers[at] ?? story.rows[0]!
  const go = (to: number) => void navigate({ to: '/predictions/$id', params: { id: story.id }, search: to > 0 ? { row: String(rows[to]) } : {}, replace: true })
  const turn = (by: number) => rows[at + by] !== undefined && go(at + by)
  useKeys('Prediction', [
    { key: 'j', says: 'Next row of the request', run: () => turn(1) },
    { key: 'k', says: 'Previous row of the request', run: () => turn(-1) },
  ])
  const shadows = story.rows.filter(({ shadow, row }) => shadow && row === given.row)
  return (
    <>
      <PageHeader
        above={
          <>
            <Link to="/endpoints" className="hover:underline">
              Endpoints
            </Link>{' '}
            /{' '}
            <Link to="/endpoints/$name" params={{ name: story.endpoint }} search={{ section: 'predictions' }} className="hover:underline">
              {story.endpoint}
            </Link>
          </>
        }
        title={
          <>
            Prediction <span className="font-mono text-lg font-normal break-all text-ink-2">{story.id}</span>
          </>
        }
        actions={
          <>
            <CopyButton text={story.id} label="Copy id" />
            <Link to="/lineage" search={{ node: `model-version:${given.model}/${given.version}`, direction: 'up' }} className={buttonClass()}>
              <Share2 aria-hidden size={15} />
              Lineage
            </Link>
            <IconButton label="Show the API call" icon={Terminal} className="border border-line-strong" onClick={() => setCall({ method: 'GET', url: `${location.origin}${OWN}/predictions/${story.id}` })} />
          </>
        }
      >
        {rows.length > 1 && (
          <div className="mt-1.5 flex items-center gap-1 text-sm text-ink-2">
            <IconButton label="Previous row" icon={ChevronLeft} disabled={at === 0} onClick={() => turn(-1)} />
            Row {at + 1} of {rows.length}
            <IconButton label="Next row" icon={ChevronRight} disabled={at === rows.length - 1} onClick={() => turn(1)} />
          </div>
        )}
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <AnswersSection given={given} shadows={shadows} endpoint={story.endpoint} />
          <Facts title="Asked" csv={`prediction-${story.id}-inputs.csv`} empty="No value of it was kept: the endpoint's policy redacts them." facts={Object.entries(given.inputs).map(([key, value]) => ({ key, value: typeof value === 'number' ? value : cellText(value), numeric: typeof value === 'number', shown: value === null ? <span className="text-ink-3">missing</span> : shownValue(value) }))} />
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <Origin story={story} given={given} />
          <TruthSection truth={story.truth.filter(({ row }) => row === given.row)} id={story.id} endpoint={story.endpoint} />
        </div>
      </div>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

/** The answer that somebody got, with the shadows' beside it. */
function AnswersSection({ given, shadows, endpoint }: { given: Prediction; shadows: readonly Prediction[]; endpoint: string }) {
  const { data } = useQuery({ ...endpointQuery(endpoint), refetchInterval: false, retry: false })
  const first = Object.keys(given.outputs)[0]
  const classes = areClasses(given, data, first)
  const tolerance = classes ? 0 : (data?.revision.policy.tolerance ?? USUAL_TOLERANCE)
  const names = [...new Set([given, ...shadows].flatMap(({ outputs }) => Object.keys(outputs)))]
  return (
    <Section title="Answer">
      {names.length === 1 && shadows.length === 0 ? (
        <p className="text-2xl font-semibold break-words" title={cellText(given.outputs[names[0]!])}>
          {shownValue(given.outputs[names[0]!])} <span className="text-base font-normal text-ink-3">{names[0]}</span>
        </p>
      ) : (
        <div className="-m-3.5 overflow-x-auto" tabIndex={0} role="group" aria-label="Answers">
          <table className="w-full text-sm">
            <thead>
              <tr className="border-b border-line text-left text-xs text-ink-2">
                <th scope="col" className="px-3.5 py-2 font-semibold">
                  By
                </th>
                {names.map((name, i) => (
                  <Fragment key={name}>
                    <th scope="col" className="px-2 py-2 text-right font-semibold">
                      {name}
                    </th>
                    {i === 0 && shadows.length > 0 && (
                      <th scope="col" className="px-2 py-2 font-semibold">
                        Agrees
                      </th>
                    )}
                  </Fragment>
                ))}
                <th scope="col" className="px-3.5 py-2 text-right font-semibold">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {[given, ...shadows].map((each) => (
                <tr key={each.variant} className="border-b border-line last:border-0">
                  <th scope="row" className="px-3.5 py-2 text-left font-normal">
                    <span className="font-medium">{each.variant}</span>{' '}
                    <Link to="/model-version" search={{ name: each.model, version: each.version }} className="text-accent hover:underline">
                      {each.model}/{each.version}
                    </Link>{' '}
                    {each.shadow ? <Badge>shadow</Badge> : <Badge tone="good">sent</Badge>}
                  </th>
                  {each.error ? (
                    <td colSpan={names.length + 1} className="px-2 py-2 text-bad">
                      {each.error}
                    </td>
                  ) : (
                    names.map((name, i) => (
                      <Fragment key={name}>
                        <td className={`px-2 py-2 text-right break-words ${i === 0 ? 'font-medium' : 'text-ink-2'}`} title={cellText(each.outputs[name])}>
                          {shownValue(each.outputs[name])}
                        </td>
                        {i === 0 && shadows.length > 0 && <td className="px-2 py-2">{each.shadow && <Agreed given={given} other={each} first={name} tolerance={tolerance} classes={classes} />}</td>}
                      </Fragment>
                    ))
                  )}
                  <td className="px-3.5 py-2 text-right whitespace-nowrap text-ink-2">{formatMillis(each.milliseconds)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}

/** Whole numbers are classes: by the model's word, or where it is not loaded any more, by what was answered. */
function areClasses(given: Prediction, endpoint: Endpoint | undefined, first: string | undefined): boolean {
  const model = endpoint?.models?.find((each) => each.model === given.model && each.version === given.version)
  const type = model?.outputs.find(({ name }) => name === first)?.type
  return type ? !type.startsWith('float') : Number.isInteger(given.outputs[first ?? ''])
}

/** By what `predict` answers, which is the first output, as the endpoint counts it. */
function Agreed({ given, other, first, tolerance, classes }: { given: Prediction; other: Prediction; first: string; tolerance: number; classes: boolean }) {
  const [one, two] = [given.outputs[first], other.outputs[first]]
  if (agrees(one, two, tolerance)) return <Badge tone="good" title={typeof one === 'number' && !classes ? `within ${formatShare(tolerance)}` : undefined}>yes</Badge>
  return (
    <Badge tone="warn">
      no{!classes && typeof one === 'number' && typeof two === 'number' ? `: ${two > one ? '+' : ''}${shownValue(two - one)}` : ''}
    </Badge>
  )
}

function Origin({ story, given }: { story: PredictionStory; given: Prediction }) {
  return (
    <Section title="Where it comes from">
      <FactList
        facts={[
          [
            'Model version',
            <Link key="version" to="/model-version" search={{ name: given.model, version: given.version }} className="text-accent hover:underline">
              {given.model} version {given.version}
            </Link>,
          ],
          [
            'Endpoint',
            <Link key="endpoint" to="/endpoints/$name" params={{ name: story.endpoint }} className="text-accent hover:underline">
              {story.endpoint}
            </Link>,
          ],
          ['Variant', given.variant],
          [
            'Revision',
            <Link key="revision" to="/endpoints/$name" params={{ name: story.endpoint }} search={{ section: 'revisions' }} className="text-accent hover:underline">
              {given.revision}
            </Link>,
          ],
          ['Answered', <Time key="at" millis={Date.parse(given.at)} exact />],
          ['Took', formatMillis(given.milliseconds)],
          ['Caller', story.caller],
          ['Request', <code key="request" className="font-mono text-xs break-all">{story.request_id}</code>],
        ]}
      />
      <p className="mt-3 text-sm text-ink-3">The run, the code and the data that made it stand with its model version.</p>
    </Section>
  )
}

/** What became known of it later; of each name the last holds. */
function TruthSection({ truth, id, endpoint }: { truth: readonly Truth[]; id: string; endpoint: string }) {
  if (truth.length === 0) {
    return (
      <Section title="Ground truth">
        <p className="text-ink-2">Nobody has told what was true. Once it is known:</p>
        <div className="mt-2">
          <CodeBlock label="Shell command" code={`curl -X POST ${location.origin}${OWN}/endpoints/${encodeURIComponent(endpoint)}/truth \\\n  -H 'Content-Type: application/json' \\\n  -d '{"rows": [{"prediction_id": "${id}", "values": {"label": 1}}]}'`} />
        </div>
      </Section>
    )
  }
  return (
    <Section title="Ground truth">
      <ul className="-my-2 divide-y divide-line text-sm">
        {truth.map(({ name, value, observed_at, recorded_by }, i) => (
          <li key={i} className="flex flex-wrap items-baseline justify-between gap-x-3 py-2">
            <span>
              <span className="text-ink-3">{name}</span> <span className="font-medium">{value}</span> {truth.slice(i + 1).some((later) => later.name === name) && <Badge>overruled</Badge>}
            </span>
            <span className="text-ink-3">
              true since <Time millis={Date.parse(observed_at)} />, told by {recorded_by}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
