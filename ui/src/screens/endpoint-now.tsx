// How an endpoint does now: its canary, its variants, their traffic, and how others agree with the champion.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { activityQuery, type Activity, type Endpoint } from '../api/serving.ts'
import { ErrorState } from '../components/basics.tsx'
import { colorsOf } from '../lib/serving.ts'
import { AgreementSection } from './endpoint-agreement.tsx'
import { CanarySection } from './endpoint-canary.tsx'
import { ModelsSection } from './endpoint-models.tsx'
import { ShadowsSection } from './endpoint-shadows.tsx'
import { TrafficSection } from './endpoint-traffic.tsx'
import { VariantsSection } from './endpoint-variants.tsx'

const HOUR = 60
const QUIET: Activity = { step_seconds: 10, variants: [], now: [] }

export function EndpointNow({ endpoint, onShadow, onStop }: { endpoint: Endpoint; onShadow: () => void; onStop: () => void }) {
  const { data, error, dataUpdatedAt, refetch } = useQuery(activityQuery(endpoint.name, HOUR))
  const activity = data ?? QUIET
  const colors = useMemo(() => colorsOf(endpoint.revision, activity), [endpoint.revision, activity])
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(17rem,1fr)]">
      <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
        {endpoint.revision.canary && <CanarySection endpoint={endpoint} canary={endpoint.revision.canary} colors={colors} onStop={onStop} />}
        <VariantsSection key={JSON.stringify([endpoint.revision.variants, endpoint.revision.sticky])} endpoint={endpoint} now={activity.now} colors={colors} />
        {error && !data ? <ErrorState error={error} what="The activity could not be read" onRetry={() => void refetch()} /> : <TrafficSection endpoint={endpoint} activity={data} at={dataUpdatedAt} colors={colors} />}
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
        <ShadowsSection endpoint={endpoint} now={activity.now} colors={colors} onAdd={onShadow} />
        <AgreementSection endpoint={endpoint} now={activity.now} />
        <ModelsSection endpoint={endpoint} />
      </div>
    </div>
  )
}
