import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import { versionNumbersQuery } from '../api/lineage.ts'
import { loggedModelQuery, runQuery } from '../api/tracking.ts'
import { thingOf, type Thing } from '../lib/lineage.ts'

/** So many names are asked for, each by a request. */
const MOST_NAMED = 40

/** What URNs stand for, with the names that only other parts of the server know. */
export function useThings(urns: readonly string[]): ReadonlyMap<string, Thing> {
  const things = useMemo(() => new Map(urns.map((urn) => [urn, thingOf(urn)])), [urns])
  const all = [...things.values()]
  const datasets = [...new Set(all.flatMap(({ snapshot, dataset }) => (snapshot && dataset ? [dataset] : [])))].slice(0, MOST_NAMED)
  const runs = all.flatMap(({ kind, id }) => (kind === 'run' ? [id] : [])).slice(0, MOST_NAMED)
  const models = all.flatMap(({ kind, id }) => (kind === 'logged-model' ? [id] : [])).slice(0, MOST_NAMED)
  const numbers = useQueries({ queries: datasets.map((name) => versionNumbersQuery(name)) })
  const runNames = useQueries({ queries: runs.map((id) => ({ ...runQuery(id), retry: false })) })
  const modelNames = useQueries({ queries: models.map((id) => ({ ...loggedModelQuery(id), retry: false })) })
  const known = [...numbers, ...runNames, ...modelNames].map(({ dataUpdatedAt }) => dataUpdatedAt).join(' ')
  return useMemo(() => {
    const named = new Map(things)
    for (const [urn, thing] of things) {
      const number = thing.snapshot && thing.dataset ? numbers[datasets.indexOf(thing.dataset)]?.data?.get(thing.snapshot) : undefined
      const run = thing.kind === 'run' ? runNames[runs.indexOf(thing.id)]?.data?.info.run_name : undefined
      const model = thing.kind === 'logged-model' ? modelNames[models.indexOf(thing.id)]?.data?.info.name : undefined
      if (number !== undefined) named.set(urn, { ...thing, hint: `version ${number}` })
      else if (run || model) named.set(urn, { ...thing, label: (run || model)! })
    }
    return named
  }, [things, known])
}
