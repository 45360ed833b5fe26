// Who uses a dataset: runs, models and datasets that were made of it, as the lineage has it.

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { reachQuery } from '../api/lineage.ts'
import { ErrorState, Section, Skeleton } from '../components/basics.tsx'
import { plural } from '../lib/format.ts'
import { placeOf } from '../lib/urns.ts'
import { ReachGroup } from './lineage-reach.tsx'
import { useThings } from './lineage-things.ts'

export function DatasetConsumers({ name }: { name: string }) {
  const node = `dataset:${name}`
  const navigate = useNavigate()
  const { data, error, isPending, refetch } = useQuery(reachQuery('impact', node))
  // Its own versions and columns are not who uses it.
  const groups = useMemo(
    () =>
      (data?.groups ?? [])
        .map(({ kind, nodes }) => ({ kind, nodes: nodes.filter(({ urn }) => !urn.startsWith(`snapshot:${name}@`) && !urn.startsWith(`column:${name}#`) && urn !== `columns:${name}`) }))
        .filter(({ nodes }) => nodes.length > 0),
    [data, name],
  )
  const urns = useMemo(() => groups.flatMap(({ nodes }) => nodes.map(({ urn }) => urn)), [groups])
  const things = useThings(urns)
  const open = (urn: string) => {
    const place = placeOf(urn)
    if (place) void navigate(place)
    else void navigate({ to: '/lineage', search: { node: urn } })
  }
  return (
    <Section
      title="Consumers"
      actions={
        <Link to="/lineage" search={{ node, direction: 'down' }} className="text-sm text-accent underline">
          As a graph
        </Link>
      }
    >
      {error ? (
        <ErrorState error={error} what="The consumers could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={4} />
      ) : (
        <>
          <p className="text-ink-2">
            {urns.length === 0 ? (
              <>
                Nobody is known to use it. Runs tell by <code className="font-mono text-sm">mlflow.log_input</code>, jobs by OpenLineage, commits by what they were made of.
              </>
            ) : (
              `${plural(urns.length, 'thing')} may break if it changes.`
            )}
            {data.hidden > 0 && ` ${plural(data.hidden, 'thing')} more that you may not read.`}
          </p>
          {groups.map(({ kind, nodes }) => (
            <ReachGroup key={kind} kind={kind} count={nodes.length} nodes={nodes} things={things} onChoose={open} />
          ))}
        </>
      )}
    </Section>
  )
}
