// Saved views of run tables, from Millwright's own API.

import { queryOptions } from '@tanstack/react-query'
import { get, OWN, write } from './client.ts'

export interface View {
  view_id: string
  name: string
  owner: string
  /** The query of the screen's address. */
  state: string
  shared: boolean
  pinned: boolean
  may_change: boolean
  created_at: string
  updated_at: string
}

export interface Views {
  views: View[]
  may_share: boolean
}

export function viewsQuery(experiment: string) {
  return queryOptions({
    queryKey: [`experiment:${experiment}`, 'views'],
    queryFn: ({ signal }) => get<Views>(`${OWN}/experiments/${experiment}/views`, {}, signal),
  })
}

export interface ViewChange {
  name?: string
  state?: string
  shared?: boolean
  pinned?: boolean
  deleted?: false
}

const addressOf = (experiment: string, id: string) => `${OWN}/experiments/${experiment}/views/${encodeURIComponent(id)}`

export const saveView = (experiment: string, view: { name: string; state: string; shared?: boolean; pinned?: boolean }) => write<View>('POST', `${OWN}/experiments/${experiment}/views`, view)
export const changeView = (experiment: string, id: string, change: ViewChange) => write<View>('PUT', addressOf(experiment, id), change)
export const deleteView = (experiment: string, id: string) => write('DELETE', addressOf(experiment, id), {})
