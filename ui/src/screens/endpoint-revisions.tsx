// How an endpoint answered, revision by revision, and the way back to each.

import { useInfiniteQuery } from '@tanstack/react-query'
import { Bird, History, Rocket, SlidersHorizontal, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { revisionsQuery, type Endpoint, type Revision } from '../api/serving.ts'
import { Badge, Button, ErrorState, Section, Skeleton } from '../components/basics.tsx'
import { Timeline, type TimelineTone } from '../components/timeline.tsx'
import { TrafficBar } from '../components/traffic-bar.tsx'
import { changesOf, sharesOf, versionOf } from '../lib/serving.ts'
import { RollBackDialog } from './endpoint-roll-back.tsx'

function looksOf(changes: readonly string[]): { icon: LucideIcon; tone: TimelineTone } {
  const text = changes[0] ?? ''
  if (text.startsWith('Canary')) return { icon: Bird, tone: / ended/.test(text) ? 'bad' : / succeeded/.test(text) ? 'good' : 'live' }
  if (/^(Made|Deployed)/.test(text)) return { icon: Rocket, tone: 'good' }
  return { icon: SlidersHorizontal, tone: 'plain' }
}

export function EndpointRevisions({ endpoint }: { endpoint: Endpoint }) {
  const { name, revision } = endpoint
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(revisionsQuery(name, revision.number))
  const [to, setTo] = useState<number>()
  const revisions = data?.pages.flatMap((page) => page.revisions) ?? []
  return (
    <Section title="Revisions">
      {error && !data ? (
        <ErrorState error={error} what="The revisions could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={6} />
      ) : (
        <>
          <Timeline
            label="Revisions"
            steps={revisions.map((each, i) => {
              // The oldest one that is known is compared with nothing, unless it is the first of all.
              const before = revisions[i + 1]
              const changes = before || each.number === 1 ? changesOf(each, before) : ['Changed']
              return {
                key: String(each.number),
                ...looksOf(changes),
                title: (
                  <>
                    <span className="text-ink-3">{each.number}</span> <span className="font-medium">{changes.join('. ')}</span> <span className="text-ink-2">by {each.created_by}</span>
                  </>
                ),
                at: Date.parse(each.created_at),
                note: <Then revision={each} now={each.number === revision.number} onBack={() => setTo(each.number)} />,
              }
            })}
          />
          {hasNextPage && (
            <Button kind="quiet" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()} className="mt-3">
              Show older ones
            </Button>
          )}
        </>
      )}
      <RollBackDialog open={to !== undefined} endpoint={endpoint} to={to} onClose={() => setTo(undefined)} />
    </Section>
  )
}

function Then({ revision: { variants, shadows, number }, now, onBack }: { revision: Revision; now: boolean; onBack: () => void }) {
  const shares = sharesOf(variants.map(({ weight }) => weight))
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <TrafficBar width={64} parts={variants.map((variant, i) => ({ ...variant, label: versionOf(variant), color: i }))} />
      <span className="min-w-0 break-words">
        {variants.map((variant, i) => `${versionOf(variant)} ${shares[i]} %`).join(', ')}
        {shadows.length > 0 && `, shadowed by ${shadows.map(versionOf).join(', ')}`}
      </span>
      {now ? (
        <Badge tone="good">answers now</Badge>
      ) : (
        <Button kind="quiet" icon={History} onClick={onBack}>
          Roll back to revision {number}
        </Button>
      )}
    </span>
  )
}
