// What an endpoint was asked, how quickly it answered, and what went wrong.

import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Fragment, useMemo, type ReactNode } from 'react'
import { invocationsPath, type Activity, type Endpoint } from '../api/serving.ts'
import { CodeBlock, Section, Skeleton } from '../components/basics.tsx'
import { Chart, Stroke, type ChartCurve } from '../components/chart.tsx'
import { COLORS } from '../components/series-color.ts'
import { formatCount, plural } from '../lib/format.ts'
import { niceStep } from '../lib/figure.ts'
import { rangeOf } from '../lib/search-params.ts'
import { activitySeries, formatMillis, formatRate, pulseOf, type ActivitySeries } from '../lib/serving.ts'
import { ACTIVITY_MINUTES } from '../lib/serving-search.ts'

const route = getRouteApi('/endpoints/$name')
const HEIGHT = 150

interface TrafficProps {
  endpoint: Endpoint
  activity: Activity | undefined
  /** When it was told, in epoch milliseconds. */
  at: number
  colors: ReadonlyMap<string, number>
}

export function TrafficSection({ endpoint, activity, at, colors }: TrafficProps) {
  const search = route.useSearch()
  const navigate = useNavigate()
  const minutes = search.minutes ? Number(search.minutes) : minutesOf(activity, at)
  const set = (patch: Partial<typeof search>) => void navigate({ to: '/endpoints/$name', params: { name: endpoint.name }, search: (old) => ({ ...old, ...patch }), replace: true })
  const series = useMemo(() => (activity ? activitySeries(activity, minutes, at) : []), [activity, minutes, at])
  const pulse = useMemo(() => (activity ? pulseOf(activity, minutes, at) : undefined), [activity, minutes, at])
  const zoom = rangeOf(search.zoom)
  const onZoom = (range: [number, number] | undefined) => set({ zoom: range?.join(',') })
  const asked = series.some(({ perSecond }) => perSecond.some((rate) => rate !== null))
  const shown = series.filter(({ perSecond }) => perSecond.some((rate) => rate !== null && rate > 0))
  const chart = (label: string, curves: ChartCurve[]) => <Chart label={label} curves={curves} x="time" log={false} smoothing={0} zoom={zoom} onZoom={onZoom} onWidth={() => {}} height={HEIGHT} yRange={rangeFromZero(curves)} />
  const wrong = shown.filter(({ failed, refused }) => [...failed, ...refused].some((rate) => rate !== null && rate > 0))
  return (
    <Section
      title="Traffic"
      id="traffic"
      actions={
        <div role="group" aria-label="How far back" className="flex gap-1">
          {ACTIVITY_MINUTES.map((each) => (
            <button key={each} type="button" aria-pressed={String(minutes) === each} onClick={() => set({ minutes: each, zoom: undefined })} className={`rounded-md px-2 py-1 text-sm ${String(minutes) === each ? 'bg-accent-soft font-semibold text-accent' : 'text-ink-2 hover:bg-hover'}`}>
              {each} min
            </button>
          ))}
        </div>
      }
    >
      {!activity || !pulse ? (
        <Skeleton lines={6} />
      ) : !asked ? (
        <div>
          <p className="mb-2 text-ink-2">Nobody has asked it in the last {minutes} minutes; requests appear here within twenty seconds. Try it here, or from a shell:</p>
          <CodeBlock label="Shell command" code={`curl ${location.origin}${invocationsPath(endpoint.name)} \\\n  -H 'Content-Type: application/json' -d '{"dataframe_split": {"columns": […], "data": [[…]]}}'`} />
        </div>
      ) : (
        <>
          <dl className="mb-4 grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
            <Figure label="Requests" value={formatRate(pulse.perSecond)} note={`${formatCount(pulse.requests)} in ${minutes} min`} />
            <Figure label="p50" value={formatMillis(pulse.p50)} note="of the median 10 s" />
            <Figure label="p99" value={formatMillis(pulse.p99)} note="of the slowest 10 s" />
            <Figure label="Errors" value={formatCount(pulse.failed)} note={`and ${formatCount(pulse.refused)} refused`} bad={pulse.failed > 0} />
          </dl>
          <Part title="Requests a second">{chart('Requests a second', shown.map((each) => curve(each, each.perSecond, colors, each.name)))}</Part>
          <Part title="Latency in milliseconds" note="p99 is dashed">
            {chart('Latency in milliseconds', shown.flatMap((each) => [curve(each, each.p50, colors, `${each.name} p50`), curve(each, each.p99, colors, `${each.name} p99`, true)]))}
          </Part>
          {wrong.length > 0 ? (
            <Part title="Errors a second" note="refused for their rows is dashed">
              {chart('Errors a second', wrong.flatMap((each) => [curve(each, each.failed, colors, `${each.name} failed`), curve(each, each.refused, colors, `${each.name} refused`, true)]))}
            </Part>
          ) : (
            <p className="text-sm text-ink-3">No request failed and none was refused.</p>
          )}
          <ul aria-label="Variants by colour" className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-sm">
            {shown.map(({ name, perSecond }) => (
              <li key={name} className="flex items-center gap-2">
                <Stroke color={colors.get(name) ?? 0} />
                {name}
                <span className="text-ink-3">{plural(Math.round(perSecond.reduce<number>((all, rate) => all + (rate ?? 0), 0) * activity.step_seconds), 'request')}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  )
}

/** The shortest range that shows all there is. */
function minutesOf(activity: Activity | undefined, at: number): number {
  const first = Math.min(at / 1000, ...(activity?.variants ?? []).flatMap(({ points }) => points.slice(0, 1).map(([second]) => second)))
  return ACTIVITY_MINUTES.map(Number).find((minutes) => at / 1000 - first <= minutes * 60) ?? 60
}

/** In steps, so that it stays as it is while the curves move a little. */
function rangeFromZero(curves: readonly ChartCurve[]): [number, number] {
  const most = Math.max(...curves.flatMap(({ ys }) => ys.map((y) => y ?? 0)), 0)
  const step = niceStep(most / 4 || 0.25)
  return [0, (Math.floor(most / step) + 1) * step]
}

/** A dashed one has the colour of its variant, too. */
function curve({ name, xs }: ActivitySeries, ys: (number | null)[], colors: ReadonlyMap<string, number>, label: string, dashed = false): ChartCurve {
  const color = (colors.get(name) ?? 0) % COLORS
  return { id: label, label, color: dashed ? color + COLORS : color, xs, ys }
}

function Figure({ label, value, note, bad = false }: { label: string; value: string; note: string; bad?: boolean }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs font-semibold text-ink-2">{label}</dt>
      <dd>
        <span className={`block text-xl font-semibold whitespace-nowrap ${bad ? 'text-bad' : ''}`}>{value}</span>
        <span className="block text-xs text-ink-3">{note}</span>
      </dd>
    </div>
  )
}

function Part({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <Fragment>
      <h3 className="text-sm font-semibold">
        {title} {note && <span className="font-normal text-ink-3">({note})</span>}
      </h3>
      {children}
    </Fragment>
  )
}
