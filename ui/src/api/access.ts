// Who there is, what they may do, and signing in and out.

import { queryOptions } from '@tanstack/react-query'
import { get, OWN, send, SESSION, urlOf, write } from './client.ts'

export interface Me {
  name: string
  /** `local` is everybody on a server without authentication. */
  kind: 'user' | 'service-account' | 'local'
  workspace: string
  authentication: boolean
  identity_provider: boolean
  /** Whether a browser's session says who this is. */
  session: boolean
  /** Whether the token's scope holds it below what its owner may do. */
  scoped: boolean
  has_password: boolean
  groups: string[]
  /** On the whole workspace. */
  rights: string[]
}

export interface Account {
  name: string
  subject: string
  has_password: boolean
  created_at: string
  identity_provider: boolean
  groups: string[]
  last_used_at?: string
}

export interface Group {
  name: string
  members: number
}

export interface Token {
  token_id: string
  owner: string
  name: string
  created_at: string
  session: boolean
  scope?: string
  expires_at?: string
  last_used_at?: string
}

export interface Grant {
  grant_id: string
  subject: string
  workspace: string
  entity: string
  role?: string
  deny?: string
  created_at: string
}

export interface Explanation {
  principal: string
  workspace: string
  entity: string
  parents: string[]
  groups: string[]
  rights: { right: string; allowed: boolean; given_by: Grant[]; denied_by: Grant[] }[]
}

/** All there are, as far as they are read. */
export interface Whole<T> {
  items: T[]
  more: boolean
}

const PAGE = 1000
const MOST_PAGES = 10

async function whole<T>(path: string, query: Record<string, string | boolean>, field: string, signal?: AbortSignal): Promise<Whole<T>> {
  const items: T[] = []
  let token: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await get<Record<string, unknown>>(path, { ...query, max_results: PAGE, page_token: token }, signal)
    items.push(...(answer[field] as T[]))
    token = answer.next_page_token as string | undefined
    if (token === undefined) return { items, more: false }
  }
  return { items, more: true }
}

export const meQuery = queryOptions({
  queryKey: ['access', 'me'],
  queryFn: ({ signal }) => get<Me>(`${OWN}/me`, {}, signal),
  staleTime: 30_000,
})

export const isAdministrator = (me: Me): boolean => me.rights.includes('admin')

export const signInQuery = queryOptions({
  queryKey: ['sign-in'],
  queryFn: ({ signal }) => get<{ authentication: boolean; identity_provider: boolean }>(SESSION, {}, signal),
})

export const accountsQuery = queryOptions({
  queryKey: ['access', 'accounts'],
  queryFn: async ({ signal }) => {
    const [users, services] = await Promise.all([whole<Account>(`${OWN}/users`, {}, 'accounts', signal), whole<Account>(`${OWN}/service-accounts`, {}, 'accounts', signal)])
    return { items: [...users.items, ...services.items], more: users.more || services.more }
  },
})

export const groupsQuery = queryOptions({
  queryKey: ['access', 'groups'],
  queryFn: ({ signal }) => whole<Group>(`${OWN}/groups`, {}, 'groups', signal),
})

export function groupQuery(name: string) {
  return queryOptions({
    queryKey: ['access', 'group', name],
    queryFn: ({ signal }) => get<{ name: string; members: string[] }>(`${OWN}/groups/${encodeURIComponent(name)}`, {}, signal),
  })
}

/** @param owner empty for everybody's */
export function tokensQuery(owner: string) {
  return queryOptions({
    queryKey: ['access', 'tokens', owner],
    queryFn: async ({ signal }) => (owner === '' ? whole<Token>(`${OWN}/tokens`, { all_owners: true }, 'tokens', signal) : { items: (await get<{ tokens: Token[] }>(`${OWN}/tokens`, { owner }, signal)).tokens, more: false }),
  })
}

/** @param subjects none for everybody's */
export function grantsQuery(subjects: readonly string[] | undefined) {
  return queryOptions({
    queryKey: ['access', 'grants', subjects ?? 'all'],
    queryFn: async ({ signal }) => {
      if (!subjects) return whole<Grant>(`${OWN}/grants`, {}, 'grants', signal)
      const parts = await Promise.all(subjects.map((subject) => whole<Grant>(`${OWN}/grants`, { subject }, 'grants', signal)))
      return { items: parts.flatMap((part) => part.items), more: parts.some((part) => part.more) }
    },
  })
}

/** Those at this very place, for whoever may manage it. */
export const grantsOn = (entity: string) => whole<Grant>(`${OWN}/grants`, { entity }, 'grants')

export function explainUrl(principal: string, entity: string | undefined): string {
  return urlOf(`${OWN}/access/explain`, { principal, entity })
}

export function explainQuery(principal: string, entity: string | undefined) {
  return queryOptions({
    queryKey: ['access', 'explain', principal, entity ?? ''],
    queryFn: ({ signal }) => get<Explanation>(explainUrl(principal, entity), {}, signal),
    retry: false,
  })
}

export const openSession = (shown: { username: string; password: string } | { token: string }) => write<{ name: string }>('POST', SESSION, shown)
export const signOut = () => send('/auth/logout', { method: 'POST' })

const kindPath = (kind: 'user' | 'service-account') => `${OWN}/${kind}s`
export const createAccount = (kind: 'user' | 'service-account', name: string, password: string) => write<Account>('POST', kindPath(kind), { name, ...(password === '' ? {} : { password }) })
export const deleteAccount = (account: Account) => write('DELETE', `${kindPath(kindOf(account.subject) as 'user')}/${encodeURIComponent(account.name)}`, {})
export const setPassword = (name: string, password: string, current?: string) => write('PUT', `${OWN}/users/${encodeURIComponent(name)}/password`, { password, ...(current === undefined ? {} : { current_password: current }) })
export const createGroup = (name: string) => write('POST', `${OWN}/groups`, { name })
export const deleteGroup = (name: string) => write('DELETE', `${OWN}/groups/${encodeURIComponent(name)}`, {})
const memberPath = (group: string, member: string) => `${OWN}/groups/${encodeURIComponent(group)}/members/${encodeURIComponent(member)}`
export const addMember = (group: string, member: string) => write('PUT', memberPath(group, member), {})
export const removeMember = (group: string, member: string) => write('DELETE', memberPath(group, member), {})
export const createToken = (token: { name: string; owner: string; scope?: string; expires_at?: string }) => write<Token & { token: string }>('POST', `${OWN}/tokens`, token)
export const revokeToken = (id: string) => write('DELETE', `${OWN}/tokens/${encodeURIComponent(id)}`, {})
export const removeGrant = (id: string) => write('DELETE', `${OWN}/grants/${encodeURIComponent(id)}`, {})

/** @param workspace where the entity lies; the current one without it */
export async function addGrant(grant: { subject: string; entity: string; role?: string; deny?: string }, workspace?: string): Promise<Grant> {
  const headers = { 'content-type': 'application/json', ...(workspace && workspace !== '*' ? { 'x-mlflow-workspace': workspace } : {}) }
  return (await send(`${OWN}/grants`, { method: 'POST', headers, body: JSON.stringify(grant) })).json() as Promise<Grant>
}

/** `user` of `user:ann`. */
export const kindOf = (urn: string): string => urn.slice(0, urn.indexOf(':'))
/** `ann` of `user:ann`. */
export const nameOf = (urn: string): string => urn.slice(urn.indexOf(':') + 1)
