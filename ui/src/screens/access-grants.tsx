// Who has which role, and where; what is denied to whom?

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Ban, Plus, ShieldCheck, Trash2 } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { accountsQuery, addGrant, grantsOn, grantsQuery, groupsQuery, isAdministrator, kindOf, nameOf, removeGrant, type Grant, type Me } from '../api/access.ts'
import { OWN, urlOf } from '../api/client.ts'
import { isPrompt, modelsQuery } from '../api/registry.ts'
import { experimentsQuery } from '../api/tracking.ts'
import { Badge, Button, Empty, IconButton, Time } from '../components/basics.tsx'
import { Choice, Field, FormDialog, textIn, type Option } from '../components/form-dialog.tsx'
import type { TableColumn } from '../components/table.tsx'
import { attempt, say } from '../components/toasts.tsx'
import { DENIABLE, placeWords, RIGHTS, ROLES } from '../lib/rights.ts'
import { AccessList } from './access-list.tsx'

const route = getRouteApi('/access')

export function AccessGrants({ me }: { me: Me }) {
  const client = useQueryClient()
  const navigate = route.useNavigate()
  const administers = isAdministrator(me)
  const own = useMemo(() => (administers ? undefined : [`${me.kind}:${me.name}`, ...me.groups.map((group) => `group:${group}`)]), [administers, me])
  const found = useQuery(grantsQuery(own))
  const [adding, setAdding] = useState(false)
  const refresh = useCallback(() => client.invalidateQueries({ queryKey: ['access'] }), [client])
  const manages = administers || me.rights.includes('manage') || (found.data?.items ?? []).some((grant) => grant.role === 'maintainer')
  const columns = useMemo<TableColumn<Grant>[]>(() => {
    const remove = async (grant: Grant) => {
      const { subject, entity, role, deny, workspace } = grant
      await attempt(
        () => removeGrant(grant.grant_id),
        `Removed: ${words(grant)}.`,
        () => addGrant({ subject, entity, ...(role ? { role } : { deny }) }, workspace).then(refresh),
      )
      await refresh()
    }
    return [
      {
        id: 'who',
        label: 'Who',
        width: 210,
        pinned: true,
        orderField: 'subject',
        render: (grant) => (
          <span className="min-w-0 truncate" title={grant.subject}>
            <span className="text-ink-3">{kindOf(grant.subject) === 'user' ? '' : `${kindOf(grant.subject).replace('-', ' ')} `}</span>
            {kindOf(grant.subject) === 'group' ? (
              <span className="font-medium">{nameOf(grant.subject)}</span>
            ) : (
              <Link to="/access" search={{ part: 'explain', who: nameOf(grant.subject) }} tabIndex={-1} className="font-medium text-accent hover:underline">
                {nameOf(grant.subject)}
              </Link>
            )}
          </span>
        ),
      },
      {
        id: 'actions',
        label: '',
        title: 'Actions',
        width: 56,
        pinned: true,
        render: (grant) => manages && <IconButton label={`Remove: ${words(grant)}`} icon={Trash2} onClick={() => void remove(grant)} />,
      },
      { id: 'what', label: 'What', width: 200, orderField: 'role', render: (grant) => <Rule grant={grant} /> },
      {
        id: 'where',
        label: 'Where',
        width: 250,
        orderField: 'entity',
        render: (grant) => (
          <span className="truncate" title={grant.entity}>
            {placeWords(grant.entity)}
          </span>
        ),
      },
      { id: 'workspace', label: 'Workspace', width: 120, orderField: 'workspace', render: (grant) => (grant.workspace === '*' ? 'all' : grant.workspace) },
      { id: 'since', label: 'Since', width: 140, numeric: true, orderField: 'created_at', render: (grant) => <Time millis={Date.parse(grant.created_at)} /> },
    ]
  }, [manages, refresh])
  return (
    <>
      <AccessList
        name="grants"
        label="Grants and denials"
        one="grant"
        found={found}
        idOf={(grant) => grant.grant_id}
        columns={columns}
        textOf={exported}
        call={own ? urlOf(`${OWN}/grants`, { subject: own[0], max_results: 1000 }) : `${OWN}/grants?max_results=1000`}
        onOpen={(grant) => kindOf(grant.subject) !== 'group' && void navigate({ search: { part: 'explain', who: nameOf(grant.subject), on: grant.entity } })}
        actions={
          manages && (
            <Button kind="primary" icon={Plus} onClick={() => setAdding(true)}>
              Grant or deny
            </Button>
          )
        }
        empty={
          <Empty icon={ShieldCheck} title={administers ? 'Nothing is granted yet' : 'Nothing is granted to you yet'}>
            {administers ? 'An account may do nothing until a role is granted to it, or to a group that it is in.' : 'Ask an administrator, or whoever maintains what you need.'}
          </Empty>
        }
      />
      {!administers && <p className="mt-3 text-ink-2">These are yours and your groups'. Only administrators see those of others.</p>}
      {adding && <NewGrant me={me} onClose={() => setAdding(false)} onDone={refresh} />}
    </>
  )
}

/** The role, or the right that is taken away. */
export function Rule({ grant }: { grant: Grant }) {
  return grant.role ? (
    <Badge tone="accent">{grant.role}</Badge>
  ) : (
    <Badge tone="bad">
      <Ban aria-hidden size={12} />
      denied: {(RIGHTS[grant.deny ?? '']?.name ?? grant.deny ?? '').toLowerCase()}
    </Badge>
  )
}

/** What a grant says, in words. */
export function words(grant: Grant): string {
  const what = grant.role ?? `denied to ${grant.deny}`
  return `${nameOf(grant.subject)} ${what} on ${placeWords(grant.entity)}`
}

function NewGrant({ me, onClose, onDone }: { me: Me; onClose: () => void; onDone: () => Promise<unknown> }) {
  const administers = isAdministrator(me)
  const accounts = useQuery({ ...accountsQuery, enabled: administers })
  const groups = useQuery({ ...groupsQuery, enabled: administers })
  const places = usePlaces(me)
  const [denies, setDenies] = useState(false)
  const subjects: Option[] = [...(accounts.data?.items ?? []).map(({ subject }) => ({ value: subject })), ...(groups.data?.items ?? []).map(({ name }) => ({ value: `group:${name}` }))]
  return (
    <FormDialog
      open
      title="Grant or deny"
      action={denies ? 'Deny' : 'Grant'}
      onClose={onClose}
      onDone={async (fields) => {
        const subject = textIn(fields, 'who')
        const entity = textIn(fields, 'where')
        const before = await grantsOn(entity)
        const grant = await addGrant({
          subject: subject.includes(':') ? subject : `user:${subject}`,
          entity,
          ...(denies ? { deny: textIn(fields, 'right') } : { role: textIn(fields, 'role') }),
        })
        await onDone()
        // The server answers with what was there before if it is the same: that is not for Undo to take away.
        const there = before.items.some(({ grant_id }) => grant_id === grant.grant_id)
        say(there ? `It was so before: ${words(grant)}.` : `${words(grant)}.`, there || before.more ? undefined : () => removeGrant(grant.grant_id).then(onDone))
      }}
    >
      <fieldset className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
        <legend className="mb-1 font-medium">What it does</legend>
        {[false, true].map((each) => (
          <label key={String(each)} className="flex items-center gap-2">
            <input type="radio" name="kind" checked={denies === each} onChange={() => setDenies(each)} />
            {each ? 'Takes a right away, whatever is granted' : 'Gives a role'}
          </label>
        ))}
      </fieldset>
      <Field label="Who" name="who" required spellCheck={false} autoCapitalize="none" options={subjects} hint="user:ann, service-account:nightly or group:risk; a bare name is a user's." />
      <Field label="Where" name="where" required spellCheck={false} autoCapitalize="none" defaultValue={`workspace:${me.workspace}`} options={places} hint="workspace:NAME, workspace:* for all of them, experiment:ID, run:ID, logged-model:ID, model:NAME or model-version:NAME/NUMBER." />
      {denies ? <Choice label="Right" name="right" options={DENIABLE} hint="A denial wins over every grant there." /> : <Choice label="Role" name="role" defaultValue="viewer" options={ROLES} />}
    </FormDialog>
  )
}

/** Places to choose from, by their names. */
export function usePlaces(me: Me): Option[] {
  const experiments = useQuery(experimentsQuery('active', ''))
  const models = useQuery(modelsQuery(''))
  return useMemo(
    () => [
      { value: `workspace:${me.workspace}`, label: 'all of this workspace' },
      { value: 'workspace:*', label: 'all workspaces' },
      ...(experiments.data?.experiments ?? []).map((each) => ({ value: `experiment:${each.experiment_id}`, label: each.name })),
      ...(models.data?.registered_models ?? []).filter((model) => !isPrompt(model)).map((model) => ({ value: `model:${model.name}` })),
    ],
    [me.workspace, experiments.data, models.data],
  )
}

function exported(grant: Grant): Record<string, string> {
  return {
    subject: grant.subject,
    role: grant.role ?? `deny ${grant.deny}`,
    entity: grant.entity,
    workspace: grant.workspace,
    created_at: grant.created_at,
    grant_id: grant.grant_id,
  }
}
