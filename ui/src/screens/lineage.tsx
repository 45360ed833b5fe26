// Where does this come from, and what breaks if it changes?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Ellipsis, Locate, Share2, Terminal } from 'lucide-react'
import { lazy, Suspense, useCallback, useId, useMemo, useState } from 'react'
import { useTopics } from '../api/changes.ts'
import { urlOf } from '../api/client.ts'
import { datasetNamesQuery } from '../api/lake.ts'
import { endOf, LINEAGE, lineageQuery, MOST_DRAWN, type LineageEdge } from '../api/lineage.ts'
import { modelsQuery } from '../api/registry.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Button, Empty, ErrorState, IconButton, PageHeader, Section, Skeleton, Time } from '../components/basics.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { plural } from '../lib/format.ts'
import type { LineageSearch } from '../lib/lake-search.ts'
import { kindName, shownOf, thingOf, type Thing } from '../lib/lineage.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { placeOf } from '../lib/urns.ts'
import { ReachList } from './lineage-reach.tsx'
import { useThings } from './lineage-things.ts'

const Graph = lazy(() => import('../components/lineage-graph.tsx'))
const route = getRouteApi('/lineage')
const TOPICS = ['lake', 'registry', 'tracking']
const DEPTHS = [1, 2, 3, 4, 6, 10]
const USUAL_DEPTH = 3

export function LineageScreen() {
  useTopics(TOPICS)
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/lineage' })
  const { node = '', closed, columns = false } = search
  const direction = search.direction ?? 'both'
  const depth = Number(search.depth ?? USUAL_DEPTH)
  const { data, error, isPending, isPlaceholderData, refetch } = useQuery(lineageQuery(node, direction, depth, search.at))
  const [picked, setPicked] = useState('')
  const [call, setCall] = useState<ApiCall>()
  const set = useCallback((patch: LineageSearch, replace = false) => void navigate({ search: (old) => ({ ...old, ...patch }), replace }), [navigate])
  const centre = useCallback(
    (urn: string) => {
      setPicked('')
      void navigate({ search: (old) => ({ ...old, node: urn, closed: undefined }) })
    },
    [navigate],
  )
  const closedKey = (closed ?? []).join('\n')
  const shown = useMemo(() => data && shownOf(data, new Set(closedKey === '' ? [] : closedKey.split('\n')), columns), [data, closedKey, columns])
  const toggle = useCallback(
    (urn: string) =>
      void navigate({
        search: ({ closed: old = [], ...rest }) => {
          const next = old.includes(urn) ? old.filter((each) => each !== urn) : [...old, urn]
          return { ...rest, closed: next.length > 0 ? next : undefined }
        },
      }),
    [navigate],
  )
  const urns = useMemo(() => (data?.nodes ?? []).map(({ urn }) => urn), [data])
  const things = useThings(urns)
  const chosen = shown?.points.some(({ urn }) => urn === picked) ? picked : (data?.node ?? node)
  useKeys('Lineage', [{ key: 'o', says: 'Open the page of the marked thing', run: () => openPlace(chosen, navigate) }])
  return (
    <>
      <PageHeader
        title="Lineage"
        actions={
          node !== '' && (
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[{ label: 'Show the API call', icon: Terminal, run: () => setCall({ method: 'GET', url: location.origin + urlOf(LINEAGE, { node, direction, depth, at: endOf(search.at) }) }) }]}
            />
          )
        }
      />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <NodeField key={node} node={node} onNode={centre} />
        {node !== '' && (
          <>
            <label className="flex items-center gap-1.5 text-sm">
              <span className="text-ink-2">Show</span>
              <select value={direction} onChange={(event) => set({ direction: event.target.value === 'both' ? undefined : (event.target.value as 'up' | 'down') })} className="field">
                <option value="both">both ways</option>
                <option value="up">what it was made of</option>
                <option value="down">what was made of it</option>
              </select>
            </label>
            <label className="flex items-center gap-1.5 text-sm">
              <span className="text-ink-2">Steps</span>
              <select value={depth} onChange={(event) => set({ depth: Number(event.target.value) === USUAL_DEPTH ? undefined : event.target.value })} className="field">
                {[...new Set([...DEPTHS, depth])]
                  .sort((a, b) => a - b)
                  .map((each) => (
                    <option key={each} value={each}>
                      {each}
                    </option>
                  ))}
              </select>
            </label>
            <label className="flex items-center gap-1.5 text-sm">
              <span className="text-ink-2">As of</span>
              <input type="date" value={search.at ?? ''} onChange={(event) => set({ at: event.target.value || undefined })} className="field" />
            </label>
            <label className="flex items-center gap-1.5 text-sm">
              <input type="checkbox" checked={columns} onChange={(event) => set({ columns: event.target.checked || undefined })} />
              Columns
            </label>
          </>
        )}
      </div>
      {node === '' ? (
        <div className="card">
          <Empty icon={Share2} title="Of what?">
            Name a dataset, a column, a run or a model version above, such as <code className="font-mono text-sm">dataset:census.people</code> or <code className="font-mono text-sm">column:census.people#age</code>. What reads and writes datasets here is recorded by itself;
            others tell by OpenLineage.
          </Empty>
        </div>
      ) : error ? (
        <ErrorState error={error} what="The lineage could not be read" onRetry={() => void refetch()} />
      ) : isPending || !shown ? (
        <Skeleton lines={8} />
      ) : (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <section className="card flex flex-col overflow-hidden" aria-label="Lineage">
            <div className="h-[max(22rem,calc(100dvh-12rem))]">
              {shown.points.length === 1 && data.edges.length === 0 ? (
                <Empty icon={Share2} title="It stands alone so far">
                  Nothing is recorded that it was made of, and nothing that was made of it{direction === 'both' ? '' : ', in this direction'}.
                </Empty>
              ) : (
                <Suspense fallback={<div className="p-3"><Skeleton lines={6} label="Loading the graph" /></div>}>
                  <Graph shown={shown} things={things} centre={data.node} asked={isPlaceholderData ? '' : `${data.node} ${direction} ${depth} ${columns} ${search.at ?? ''}`} chosen={chosen} onChoose={setPicked} onCentre={centre} onToggle={toggle} />
                </Suspense>
              )}
            </div>
            {(data.truncated || data.hidden > 0) && (
              <p className="border-t border-line px-3 py-1.5 text-sm text-ink-2">
                {data.truncated && `The ${MOST_DRAWN} nearest are drawn; the list has all. `}
                {data.hidden > 0 && `${plural(data.hidden, 'thing')} more that you may not read.`}
              </p>
            )}
          </section>
          <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
            <Chosen urn={chosen} thing={things.get(chosen)} isCentre={chosen === data.node} edges={shown.edges.filter(({ from, to }) => from === chosen || to === chosen)} things={things} onCentre={centre} onChoose={setPicked} />
            <ReachList key={data.node} node={data.node} day={search.at} things={things} side={search.side ?? 'impact'} onSide={(side) => set({ side: side === 'impact' ? undefined : side }, true)} onCentre={centre} />
          </div>
        </div>
      )}
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

function openPlace(urn: string, navigate: ReturnType<typeof useNavigate>): void {
  const place = placeOf(urn)
  if (place) void navigate(place)
}

/** A URN, with datasets and models suggested. */
function NodeField({ node, onNode }: { node: string; onNode: (urn: string) => void }) {
  const id = useId()
  const [typed, setTyped] = useState(node)
  const word = /^[\w.-]+$/.test(typed) ? typed : ''
  const datasets = useQuery(datasetNamesQuery(/[\p{L}\p{N}]/u.test(word) ? word : '', 20))
  const models = useQuery(modelsQuery(word))
  const wanted = typed.trim()
  return (
    <form
      className="flex min-w-0 flex-1 basis-72 items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (wanted !== '') onNode(/^[a-z-]+:/.test(wanted) ? wanted : `dataset:${wanted}`)
      }}
    >
      <label htmlFor={id} className="sr-only">
        Lineage of
      </label>
      <input id={id} type="search" list={`${id}-list`} value={typed} onChange={(event) => setTyped(event.target.value)} placeholder="dataset:census.people" spellCheck={false} autoComplete="off" className="field w-full font-mono" />
      <datalist id={`${id}-list`}>
        {(datasets.data ?? []).map(({ name }) => (
          <option key={name} value={`dataset:${name}`} />
        ))}
        {(models.data?.registered_models ?? []).slice(0, 20).map(({ name, latest_versions: latest = [] }) => latest[0] && <option key={name} value={`model-version:${name}/${latest[0].version}`} />)}
      </datalist>
      <Button type="submit" disabled={wanted === ''}>
        Show
      </Button>
    </form>
  )
}

/** What is marked in the graph, and who said what of it. */
function Chosen({ urn, thing, isCentre, edges, things, onCentre, onChoose }: { urn: string; thing: Thing | undefined; isCentre: boolean; edges: readonly LineageEdge[]; things: ReadonlyMap<string, Thing>; onCentre: (urn: string) => void; onChoose: (urn: string) => void }) {
  const place = placeOf(urn)
  const { label, hint, kind } = thing ?? thingOf(urn)
  const name = (other: string) => things.get(other) ?? thingOf(other)
  const lists = [
    { title: 'Made of', found: edges.filter(({ to }) => to === urn).map((edge) => ({ edge, other: edge.from })) },
    { title: 'Made from it', found: edges.filter(({ from }) => from === urn).map((edge) => ({ edge, other: edge.to })) },
  ]
  return (
    <Section
      title={<span className="break-words">{label}</span>}
      actions={
        !isCentre && (
          <Button kind="quiet" icon={Locate} onClick={() => onCentre(urn)}>
            Middle
          </Button>
        )
      }
    >
      <p className="text-sm text-ink-2">{hint.includes(kindName(kind)) ? hint : `${kindName(kind)}, ${hint}`}</p>
      <p className="font-mono text-xs break-all text-ink-3">{urn}</p>
      {place && (
        <Link {...place} className="text-sm text-accent underline">
          Open its page
        </Link>
      )}
      {lists.map(
        ({ title, found }) =>
          found.length > 0 && (
            <div key={title} className="mt-2.5">
              <h3 className="text-xs font-semibold text-ink-3">{title}</h3>
              <ul className="mt-0.5 grid gap-0.5 text-sm">
                {found.slice(0, 8).map(({ edge, other }) => (
                  <li key={`${edge.kind} ${other}`} className="min-w-0">
                    <button type="button" onClick={() => onChoose(other)} title={`${other}\n${edge.kind}, said by ${edge.said_by} in ${edge.said_in}`} className="flex w-full items-baseline justify-between gap-2 rounded-md text-left hover:bg-hover">
                      <span className="min-w-0 truncate">
                        {name(other).label} <span className="text-ink-2">{name(other).hint}</span>
                      </span>
                      <span className="shrink-0 text-xs text-ink-3">
                        <Time millis={Date.parse(edge.last_seen)} />
                      </span>
                    </button>
                  </li>
                ))}
                {found.length > 8 && <li className="text-ink-3">and {found.length - 8} more</li>}
              </ul>
            </div>
          ),
      )}
    </Section>
  )
}
