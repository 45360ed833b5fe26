import { queryOptions } from '@tanstack/react-query'
import { get, getText, OWN } from './client.ts'

export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: async ({ signal }) => {
    const from = performance.now()
    await getText('/health', {}, signal)
    return { millis: performance.now() - from }
  },
  refetchInterval: 15_000,
  retry: false,
})

export const versionQuery = queryOptions({
  queryKey: ['version'],
  queryFn: ({ signal }) => get<{ millwright: string; mlflow: string; java: string }>(`${OWN}/version`, {}, signal),
  staleTime: Number.POSITIVE_INFINITY,
})

export interface SpaceRow {
  experiment_id: string
  name: string
  deleted: boolean
  runs: number
  files: number
  bytes: number
}

/** What each experiment keeps; asks for the right to manage the workspace. */
export const spaceQuery = queryOptions({
  queryKey: ['space'],
  queryFn: ({ signal }) => get<{ experiments: SpaceRow[]; next_page_token?: string }>(`${OWN}/space`, { max_results: 200 }, signal),
  staleTime: 60_000,
  retry: false,
})
