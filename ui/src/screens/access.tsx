// Who may do what?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { LockOpen } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useTopics } from '../api/changes.ts'
import { isAdministrator, meQuery, type Me } from '../api/access.ts'
import { CodeBlock, ErrorState, PageHeader, Skeleton, tabClass } from '../components/basics.tsx'
import { useKeys } from '../components/keys.tsx'
import { ACCESS_PARTS, type AccessPart } from '../lib/search-params.ts'
import { AccessExplain } from './access-explain.tsx'
import { AccessGrants } from './access-grants.tsx'
import { AccessGroups } from './access-groups.tsx'
import { AccessTokens } from './access-tokens.tsx'
import { AccessUsers, Yourself } from './access-users.tsx'

const route = getRouteApi('/access')
const LABELS: Record<AccessPart, string> = { users: 'Users', groups: 'Groups', tokens: 'Tokens', grants: 'Grants', explain: 'What can X do?' }
// The server tells administrators only what changed here.
const TOPICS = ['access']
const NO_TOPICS: string[] = []

export function AccessScreen() {
  const me = useQuery(meQuery)
  const administers = me.data !== undefined && isAdministrator(me.data)
  useTopics(administers ? TOPICS : NO_TOPICS)
  const navigate = route.useNavigate()
  useKeys(
    'Access',
    ACCESS_PARTS.map((tab, i) => ({ key: String(i + 1), says: LABELS[tab], run: () => void navigate({ search: tab === 'users' ? {} : { part: tab } }) })),
  )
  if (me.error) return <ErrorState error={me.error} what="The server did not tell who you are" onRetry={() => void me.refetch()} />
  if (me.isPending) return <Skeleton lines={6} />
  return <Shown me={me.data} />
}

function Shown({ me }: { me: Me }) {
  const { part = 'users' } = route.useSearch()
  const parts = useRef<HTMLElement>(null)
  // On a phone not all fit; the one that is shown is in sight.
  useEffect(() => {
    const here = parts.current?.querySelector<HTMLElement>('[aria-current=page]')
    if (parts.current && here) parts.current.scrollLeft = here.offsetLeft - parts.current.offsetLeft - 40
  }, [part])
  const administers = isAdministrator(me)
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader title="Access" />
      {!me.authentication && <OpenServer />}
      <nav ref={parts} aria-label="Parts of access" className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
        {ACCESS_PARTS.map((each) => (
          <Link
            key={each}
            to="/access"
            search={each === 'users' ? {} : { part: each }}
            activeOptions={{ exact: each === 'users' }}
            aria-current={part === each ? 'page' : undefined}
            className={`${tabClass(part === each)} whitespace-nowrap`}
          >
            {LABELS[each]}
          </Link>
        ))}
      </nav>
      {part === 'users' && (administers ? <AccessUsers me={me} /> : <Yourself me={me} />)}
      {part === 'groups' && <AccessGroups me={me} />}
      {part === 'tokens' && <AccessTokens me={me} />}
      {part === 'grants' && <AccessGrants me={me} />}
      {part === 'explain' && <AccessExplain me={me} />}
    </div>
  )
}

function OpenServer() {
  return (
    <section aria-label="This server is open" className="card mb-4 flex gap-3 border-warn! p-3.5">
      <LockOpen aria-hidden size={18} className="mt-0.5 shrink-0 text-warn" />
      <div className="grid min-w-0 flex-1 grid-cols-[minmax(0,1fr)] gap-2">
        <h2 className="font-semibold">This server asks nobody who they are</h2>
        <p className="max-w-prose text-ink-2">Whoever reaches it is called local and may do everything. What you set up here counts from the start on that turns authentication on:</p>
        <CodeBlock label="Shell command" code="./millwright server --set server.authentication=on" />
        <p className="max-w-prose text-sm text-ink-2">If nobody is administrator then, that start prints an administrator's token, once.</p>
      </div>
    </section>
  )
}
