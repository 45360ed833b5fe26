// Who is there?

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Bot, Ellipsis, KeyRound, KeySquare, Plus, ShieldQuestionMark, Trash2, UserRound, Users } from 'lucide-react'
import { useMemo, useState } from 'react'
import { accountsQuery, addGrant, createAccount, deleteAccount, kindOf, setPassword, type Account, type Me } from '../api/access.ts'
import { OWN } from '../api/client.ts'
import { Badge, Button, Empty, IconButton, Section, Time } from '../components/basics.tsx'
import { Choice, ConfirmDialog, Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { Menu } from '../components/menu.tsx'
import type { TableColumn } from '../components/table.tsx'
import { say } from '../components/toasts.tsx'
import { RIGHTS, ROLES } from '../lib/rights.ts'
import { AccessList, NotYours } from './access-list.tsx'
import { NewToken } from './access-tokens.tsx'

const route = getRouteApi('/access')

type Asking = { kind: 'new'; as: 'user' | 'service-account' } | { kind: 'password' | 'delete' | 'token'; account: Account } | undefined

export function AccessUsers({ me }: { me: Me }) {
  const found = useQuery(accountsQuery)
  const client = useQueryClient()
  const navigate = route.useNavigate()
  const [asking, setAsking] = useState<Asking>()
  const refresh = () => client.invalidateQueries({ queryKey: ['access'] })
  const close = () => setAsking(undefined)
  const explain = (account: Account) => void navigate({ search: { part: 'explain', who: account.name } })
  const columns = useMemo<TableColumn<Account>[]>(
    () => [
      {
        id: 'name',
        label: 'Name',
        width: 200,
        pinned: true,
        orderField: 'name',
        render: (account) => (
          <span className="flex min-w-0 items-center gap-2 font-medium">
            {kindOf(account.subject) === 'user' ? <UserRound aria-hidden size={15} className="shrink-0 text-ink-3" /> : <Bot aria-hidden size={15} className="shrink-0 text-ink-3" />}
            <span className="truncate" title={account.name}>
              {account.name}
            </span>
            {account.name === me.name && <Badge tone="accent">you</Badge>}
          </span>
        ),
      },
      {
        id: 'actions',
        label: '',
        title: 'Actions',
        width: 56,
        pinned: true,
        render: (account) => (
          <Menu
            trigger={<IconButton label={`Actions for ${account.name}`} icon={Ellipsis} />}
            items={[
              { label: `What can ${account.name} do?`, icon: ShieldQuestionMark, run: () => explain(account) },
              { label: 'Tokens', icon: KeyRound, run: () => void navigate({ search: { part: 'tokens', owner: account.name } }) },
              { label: 'Make a token', icon: Plus, run: () => setAsking({ kind: 'token', account }) },
              kindOf(account.subject) === 'user' && !account.identity_provider && { label: 'Set a password', icon: KeySquare, run: () => setAsking({ kind: 'password', account }) },
              account.name !== me.name && { label: 'Delete', icon: Trash2, run: () => setAsking({ kind: 'delete', account }) },
            ]}
          />
        ),
      },
      { id: 'kind', label: 'Kind', width: 126, orderField: 'kind', render: (account) => kindWords(account) },
      {
        id: 'groups',
        label: 'Groups',
        width: 180,
        orderField: 'groups',
        render: (account) => (
          <span className="flex gap-1 overflow-hidden">
            {account.groups.map((group) => (
              <Badge key={group}>{group}</Badge>
            ))}
          </span>
        ),
      },
      { id: 'way', label: 'Signs in with', width: 160, orderField: 'signs_in_with', render: (account) => wayOf(account) },
      { id: 'used', label: 'Last use', title: 'When a token or a session was used last, to the hour', width: 130, numeric: true, orderField: 'last_used_at', render: (account) => <Time millis={account.last_used_at ? Date.parse(account.last_used_at) : undefined} /> },
      { id: 'created', label: 'Created', width: 130, numeric: true, orderField: 'created_at', render: (account) => <Time millis={Date.parse(account.created_at)} /> },
    ],
    [me.name],
  )
  return (
    <>
      <AccessList
        name="users"
        label="Users and service accounts"
        one="account"
        found={found}
        idOf={(account) => account.subject}
        columns={columns}
        textOf={exported}
        call={`${OWN}/users?max_results=1000`}
        onOpen={explain}
        actions={
          <>
            <Button kind="primary" icon={Plus} onClick={() => setAsking({ kind: 'new', as: 'user' })}>
              New user
            </Button>
            <Button icon={Bot} onClick={() => setAsking({ kind: 'new', as: 'service-account' })}>
              New service account
            </Button>
          </>
        }
        empty={
          <Empty icon={Users} title="There is nobody yet">
            Make a user for each person, and a service account for each pipeline. They may do nothing until a role is granted.
          </Empty>
        }
      />
      {asking?.kind === 'new' && <NewAccount kind={asking.as} workspace={me.workspace} onClose={close} onDone={refresh} />}
      {asking?.kind === 'password' && <PasswordDialog me={me} name={asking.account.name} had={asking.account.has_password} onClose={close} onDone={refresh} />}
      {asking?.kind === 'token' && <NewToken me={me} owner={asking.account.name} onClose={close} onDone={refresh} />}
      <ConfirmDialog
        open={asking?.kind === 'delete'}
        title={asking?.kind === 'delete' ? `Delete ${asking.account.name}` : ''}
        name={asking?.kind === 'delete' ? asking.account.name : ''}
        action="Delete for good"
        onClose={close}
        onDone={async () => {
          if (asking?.kind !== 'delete') return
          await deleteAccount(asking.account)
          await refresh()
          say(`Deleted ${asking.account.name}.`)
        }}
      >
        It is signed out at once, and its tokens, grants and memberships go. This cannot be undone. What it did stays in the audit trail.
      </ConfirmDialog>
    </>
  )
}

function NewAccount({ kind, workspace, onClose, onDone }: { kind: 'user' | 'service-account'; workspace: string; onClose: () => void; onDone: () => Promise<unknown> }) {
  const user = kind === 'user'
  return (
    <FormDialog
      open
      title={user ? 'New user' : 'New service account'}
      action="Create"
      onClose={onClose}
      onDone={async (fields) => {
        const name = textIn(fields, 'name')
        const role = textIn(fields, 'role')
        const { subject } = await createAccount(kind, name, String(fields.get('password') ?? ''))
        try {
          if (role !== '') await addGrant({ subject, entity: role === 'admin' ? 'workspace:*' : `workspace:${workspace}`, role })
        } finally {
          await onDone()
        }
        say(role === '' ? `Made ${name}. Grant a role, so that ${name} may do something.` : `Made ${name}, ${role}.`)
      }}
    >
      <Field label="Name" name="name" required maxLength={128} spellCheck={false} autoCapitalize="none" hint={user ? 'As it stands beside what they do. Letters, digits and _ . @ + -' : 'What runs as it, as in nightly-training. It signs in with tokens.'} />
      {user && <Field label="Password" name="password" type="password" autoComplete="new-password" minLength={8} maxLength={1024} hint="At least 8 characters. Leave it out for somebody who signs in with tokens." />}
      <Choice label={`Role in the workspace ${workspace}`} name="role" defaultValue="" options={[{ value: '', label: 'None yet' }, ...ROLES]} hint="More, and more narrow ones, under Grants." />
    </FormDialog>
  )
}

/** Sets somebody's password, or one's own with the old one. */
function PasswordDialog({ me, name, had, onClose, onDone }: { me: Me; name: string; had: boolean; onClose: () => void; onDone: () => Promise<unknown> }) {
  const own = name === me.name
  return (
    <FormDialog
      open
      title={own ? 'Change your password' : `Set the password of ${name}`}
      action="Set password"
      onClose={onClose}
      onDone={async (fields) => {
        await setPassword(name, String(fields.get('password')), own && had ? String(fields.get('current')) : undefined)
        await onDone()
        say(own ? 'Your password is changed.' : `The password of ${name} is set.`)
      }}
    >
      {own && had && <Field label="Password until now" name="current" type="password" autoComplete="current-password" required />}
      <Field label="New password" name="password" type="password" autoComplete="new-password" required minLength={8} maxLength={1024} hint="At least 8 characters. Other browsers signed in with the old one are signed out; tokens go on." />
    </FormDialog>
  )
}

export function Yourself({ me }: { me: Me }) {
  const client = useQueryClient()
  const [changing, setChanging] = useState(false)
  return (
    <div className="grid max-w-2xl gap-4">
      <Section
        title="You"
        actions={
          me.has_password && (
            <Button kind="quiet" icon={KeySquare} onClick={() => setChanging(true)}>
              Change your password
            </Button>
          )
        }
      >
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
          <dt className="text-ink-3">Name</dt>
          <dd className="break-words">{me.name}</dd>
          <dt className="text-ink-3">Groups</dt>
          <dd className="break-words">{me.groups.length > 0 ? me.groups.join(', ') : 'none'}</dd>
          <dt className="text-ink-3">In the workspace {me.workspace}</dt>
          <dd className="break-words">{me.rights.length > 0 ? me.rights.map((right) => RIGHTS[right]?.name ?? right).join(', ') : 'no right on all of it'}</dd>
          {me.scoped && (
            <>
              <dt className="text-ink-3">This session</dt>
              <dd>is held below that by the scope of its token</dd>
            </>
          )}
        </dl>
      </Section>
      <NotYours what="Here you see your own account." />
      {changing && <PasswordDialog me={me} name={me.name} had onClose={() => setChanging(false)} onDone={() => client.invalidateQueries({ queryKey: ['access'] })} />}
    </div>
  )
}

const kindWords = (account: Account): string => (kindOf(account.subject) === 'user' ? 'User' : 'Service account')

function wayOf(account: Account): string {
  return account.identity_provider ? 'Identity provider' : account.has_password ? 'Password or token' : 'Token'
}

function exported(account: Account): Record<string, string> {
  return {
    name: account.name,
    kind: kindWords(account),
    groups: account.groups.join(' '),
    signs_in_with: wayOf(account),
    last_used_at: account.last_used_at ?? '',
    created_at: account.created_at,
  }
}
