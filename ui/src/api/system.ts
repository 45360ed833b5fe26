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
