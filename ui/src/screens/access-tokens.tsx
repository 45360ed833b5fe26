// Which tokens count, whose are they, and until when?

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { accountsQuery, createToken, isAdministrator, revokeToken, tokensQuery, type Me, type Token } from '../api/access.ts'
import { OWN, urlOf } from '../api/client.ts'
import { Badge, Button, CodeBlock, Empty, IconButton, Time } from '../components/basics.tsx'
import { useNow } from '../components/clock.ts'
import { Dialog } from '../components/dialog.tsx'
import { Choice, ConfirmDialog, Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import type { TableColumn } from '../components/table.tsx'
import { say } from '../components/toasts.tsx'
import { ROLES } from '../lib/rights.ts'
import { AccessList } from './access-list.tsx'

const route = getRouteApi('/access')
const DAY = 86_400_000
const LIVES = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'a year' },
  { value: '', label: 'never' },
]

export function AccessTokens({ me }: { me: Me }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const administers = isAdministrator(me)
  const owner = administers ? (search.owner ?? '') : me.name
  const found = useQuery(tokensQuery(owner))
  const [making, setMaking] = useState(false)
  const [revoking, setRevoking] = useState<Token>()
  const refresh = () => client.invalidateQueries({ queryKey: ['access'] })
  const revoke = async (said: string) => {
    if (!revoking) return
    await revokeToken(revoking.token_id)
    await refresh()
    say(said)
  }
  const columns = useMemo<TableColumn<Token>[]>(
    () => [
      {
        id: 'name',
        label: 'Token',
        width: 220,
        pinned: true,
        orderField: 'name',
        render: (token) => (
          <span className={`truncate ${token.session ? 'text-ink-2' : 'font-medium'}`} title={token.name}>
            {token.name}
          </span>
        ),
      },
      {
        id: 'actions',
        label: '',
        title: 'Actions',
        width: 56,
        pinned: true,
        render: (token) => <IconButton label={token.session ? `Sign out the ${token.name} of ${token.owner}` : `Revoke ${token.name}`} icon={Trash2} onClick={() => setRevoking(token)} />,
      },
      { id: 'owner', label: 'Owner', width: 150, orderField: 'owner', render: (token) => <span className="truncate">{token.owner}</span> },
      { id: 'scope', label: 'Scope', title: 'The role that caps what it can do', width: 150, orderField: 'scope', render: (token) => (token.scope ? <Badge tone="accent">{token.scope}</Badge> : <span className="text-ink-3">all of its owner's</span>) },
      { id: 'expires', label: 'Expires', width: 150, numeric: true, orderField: 'expires_at', render: (token) => <Expiry token={token} /> },
      { id: 'used', label: 'Last use', title: 'To the hour', width: 130, numeric: true, orderField: 'last_used_at', render: (token) => <Time millis={token.last_used_at ? Date.parse(token.last_used_at) : undefined} /> },
      { id: 'created', label: 'Made', width: 130, numeric: true, orderField: 'created_at', render: (token) => <Time millis={Date.parse(token.created_at)} /> },
    ],
    [],
  )
  return (
    <>
      <AccessList
        name="tokens"
        label="Tokens"
        one="token"
        found={found}
        idOf={(token) => token.token_id}
        columns={columns}
        textOf={exported}
        call={owner === '' ? `${OWN}/tokens?all_owners=true&max_results=1000` : urlOf(`${OWN}/tokens`, { owner })}
        onOpen={(token) => void navigate({ search: { part: 'explain', who: token.owner } })}
        actions={
          <>
            {administers && me.authentication && (
              <label className="text-sm">
                <span className="sr-only">Whose</span>
                <select value={owner} onChange={(event) => void navigate({ search: (old) => ({ ...old, owner: event.target.value || undefined }) })} className="field">
                  <option value="">Everybody's</option>
                  <option value={me.name}>Mine</option>
                  {owner !== '' && owner !== me.name && <option value={owner}>{`Of ${owner}`}</option>}
                </select>
              </label>
            )}
            <Button kind="primary" icon={Plus} onClick={() => setMaking(true)}>
              New token
            </Button>
          </>
        }
        empty={
          <Empty icon={KeyRound} title="No token yet">
            A token lets a client or a pipeline in, as its owner. It is told once, when it is made.
          </Empty>
        }
      />
      {!administers && <p className="mt-3 text-ink-2">These are your own. Only administrators see those of others.</p>}
      {making && <NewToken me={me} owner={owner === '' ? me.name : owner} onClose={() => setMaking(false)} onDone={refresh} />}
      {/* Who is signed out signs in again; a token is lost for good, so its name is asked for. */}
      <FormDialog open={revoking?.session === true} title="Sign out a browser" action="Sign out" danger onClose={() => setRevoking(undefined)} onDone={() => revoke(`Signed out a browser of ${revoking?.owner}.`)}>
        <p className="text-ink-2">Whoever uses it as {revoking?.owner} has to sign in again. What is not saved there is lost.</p>
      </FormDialog>
      <ConfirmDialog
        open={revoking?.session === false}
        title="Revoke a token"
        name={revoking?.name ?? ''}
        action="Revoke for good"
        onClose={() => setRevoking(undefined)}
        onDone={() => revoke(`Revoked ${revoking?.name}.`)}
      >
        Whatever uses {revoking?.name} as {revoking?.owner} is refused from the next request on, and browsers signed in with it are signed out. This cannot be undone.
      </ConfirmDialog>
    </>
  )
}

function Expiry({ token }: { token: Token }) {
  const now = useNow()
  if (!token.expires_at) return <span className="text-ink-3">never</span>
  const at = Date.parse(token.expires_at)
  const soon = !token.session && at - now < 7 * DAY
  return (
    <span className={soon ? 'font-medium text-warn' : ''} title={soon ? 'Within a week' : undefined}>
      <Time millis={at} />
    </span>
  )
}

/** Asks what for, makes it, and tells it once. */
export function NewToken({ me, owner, onClose, onDone }: { me: Me; owner: string; onClose: () => void; onDone: () => Promise<unknown> }) {
  const administers = isAdministrator(me)
  const accounts = useQuery({ ...accountsQuery, enabled: administers })
  const [made, setMade] = useState<{ name: string; owner: string; token: string }>()
  if (made) {
    return (
      <Dialog open kept title="Your new token" onClose={onClose}>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <p>
            This is <span className="font-medium">{made.name}</span> of {made.owner}. It is told this once: copy it now.
          </p>
          <CodeBlock label="Token" code={made.token} />
          <p className="text-sm text-ink-2">For MLflow's clients, and for the commands of Millwright:</p>
          <CodeBlock label="Shell command" code={`export MLFLOW_TRACKING_URI=${location.origin}\nexport MLFLOW_TRACKING_TOKEN=${made.token}`} />
          <div className="flex justify-end">
            <Button kind="primary" onClick={onClose}>
              I have it
            </Button>
          </div>
        </div>
      </Dialog>
    )
  }
  return (
    <FormDialog
      open
      title="New token"
      action="Make token"
      onClose={onClose}
      onDone={async (fields) => {
        const scope = textIn(fields, 'scope')
        const days = Number(textIn(fields, 'days'))
        const token = await createToken({
          name: textIn(fields, 'name'),
          owner: administers ? textIn(fields, 'owner') : me.name,
          ...(scope === '' ? {} : { scope }),
          ...(days > 0 ? { expires_at: new Date(Date.now() + days * DAY).toISOString() } : {}),
        })
        await onDone()
        setMade(token)
        return false
      }}
    >
      <Field label="What for" name="name" required maxLength={200} hint="As in nightly training. It stands in this list." />
      {administers && <Field label="Owner" name="owner" required defaultValue={me.authentication ? owner : ''} options={(accounts.data?.items ?? []).map((account) => ({ value: account.name }))} hint="Whoever uses it is this user or service account." />}
      <Choice label="Scope" name="scope" defaultValue="" options={[{ value: '', label: 'All that its owner may do' }, ...ROLES.filter(({ value }) => value !== 'admin')]} hint="A role that caps it, whatever its owner may do." />
      <Choice label="Expires after" name="days" defaultValue="90" options={LIVES} />
    </FormDialog>
  )
}

function exported(token: Token): Record<string, string> {
  return {
    name: token.name,
    owner: token.owner,
    scope: token.scope ?? '',
    expires_at: token.expires_at ?? '',
    last_used_at: token.last_used_at ?? '',
    created_at: token.created_at,
    session: String(token.session),
    token_id: token.token_id,
  }
}
