// Which groups are there, and who is in them?

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Plus, Trash2, UserPlus, Users, X } from 'lucide-react'
import { useState } from 'react'
import { accountsQuery, addMember, createGroup, deleteGroup, groupQuery, groupsQuery, isAdministrator, removeMember, type Me } from '../api/access.ts'
import { Badge, Button, Empty, ErrorState, IconButton, Section, Skeleton } from '../components/basics.tsx'
import { ConfirmDialog, Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { attempt, say } from '../components/toasts.tsx'
import { formatCount, plural } from '../lib/format.ts'
import { NotYours } from './access-list.tsx'

const route = getRouteApi('/access')
const SHOWN = 500

export function AccessGroups({ me }: { me: Me }) {
  return isAdministrator(me) ? <Groups /> : <Own me={me} />
}

function Own({ me }: { me: Me }) {
  return (
    <div className="grid max-w-2xl gap-4">
      <Section title="Your groups">
        {me.groups.length === 0 ? (
          <p className="text-ink-2">You are in no group.</p>
        ) : (
          <ul className="flex flex-wrap gap-2">
            {me.groups.map((group) => (
              <li key={group}>
                <Badge tone="accent">{group}</Badge>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <NotYours what="Here you see the groups that you are in." />
    </div>
  )
}

function Groups() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const { data, error, isPending, refetch } = useQuery(groupsQuery)
  const [making, setMaking] = useState(false)
  const chosen = search.group ?? data?.items[0]?.name
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(15rem,1fr)_minmax(0,2fr)]">
      <Section
        title="Groups"
        actions={
          <Button kind="primary" icon={Plus} onClick={() => setMaking(true)}>
            New group
          </Button>
        }
      >
        {error ? (
          <ErrorState error={error} what="The groups could not be read" onRetry={() => void refetch()} />
        ) : isPending ? (
          <Skeleton lines={4} />
        ) : data.items.length === 0 ? (
          <Empty icon={Users} title="No group yet">
            A role that is granted to a group holds for all who are in it.
          </Empty>
        ) : (
          <ul className="-m-1.5 grid max-h-[60dvh] gap-0.5 overflow-y-auto">
            {data.items.map(({ name, members }) => (
              <li key={name}>
                <Link
                  to="/access"
                  search={{ part: 'groups', group: name }}
                  aria-current={name === chosen ? 'true' : undefined}
                  className={`flex items-baseline justify-between gap-3 rounded-md px-2.5 py-1.5 ${name === chosen ? 'bg-accent-soft font-semibold text-accent' : 'hover:bg-hover'}`}
                >
                  <span className="min-w-0 break-words">{name}</span>
                  <span className="shrink-0 text-sm font-normal text-ink-2">{formatCount(members)}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Section>
      {chosen !== undefined && data && data.items.length > 0 && <Members key={chosen} group={chosen} />}
      {making && (
        <FormDialog
          open
          title="New group"
          action="Create"
          onClose={() => setMaking(false)}
          onDone={async (fields) => {
            const name = textIn(fields, 'name')
            await createGroup(name)
            await client.invalidateQueries({ queryKey: ['access'] })
            say(`Made the group ${name}.`)
            await navigate({ search: { part: 'groups', group: name } })
          }}
        >
          <Field label="Name" name="name" required maxLength={128} spellCheck={false} autoCapitalize="none" hint="Letters, digits and _ . @ + -. A group that the identity provider names has to be called as it is there." />
        </FormDialog>
      )}
    </div>
  )
}

function Members({ group }: { group: string }) {
  const client = useQueryClient()
  const navigate = route.useNavigate()
  const { data, error, isPending, refetch } = useQuery(groupQuery(group))
  const accounts = useQuery(accountsQuery)
  const [asking, setAsking] = useState<'add' | 'delete'>()
  const refresh = () => client.invalidateQueries({ queryKey: ['access'] })
  const close = () => setAsking(undefined)
  const putOut = async (member: string) => {
    await attempt(
      () => removeMember(group, member),
      `${member} is no longer in ${group}.`,
      () => addMember(group, member).then(refresh),
    )
    await refresh()
  }
  return (
    <Section
      title={
        <>
          {group} <span className="font-normal text-ink-3">{data ? plural(data.members.length, 'member') : ''}</span>
        </>
      }
      actions={
        <>
          <Button kind="quiet" icon={UserPlus} onClick={() => setAsking('add')}>
            Take somebody in
          </Button>
          <IconButton label={`Delete the group ${group}`} icon={Trash2} onClick={() => setAsking('delete')} />
        </>
      }
    >
      {error ? (
        <ErrorState error={error} what="This group could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={4} />
      ) : (
        <>
          {data.members.length === 0 ? (
            <p className="text-ink-2">Nobody is in it yet.</p>
          ) : (
            <ul className="-my-1.5 divide-y divide-line">
              {data.members.slice(0, SHOWN).map((member) => (
                <li key={member} className="flex items-center justify-between gap-3 py-1">
                  <Link to="/access" search={{ part: 'explain', who: member }} className="min-w-0 break-words text-accent hover:underline">
                    {member}
                  </Link>
                  <IconButton label={`Put ${member} out of ${group}`} icon={X} onClick={() => void putOut(member)} />
                </li>
              ))}
            </ul>
          )}
          {data.members.length > SHOWN && <p className="mt-2 text-sm text-ink-3">{formatCount(data.members.length - SHOWN)} more are in it.</p>}
          <p className="mt-3 text-sm">
            <Link to="/access" search={{ part: 'grants', q: `group:${group}` }} className="text-accent underline">
              What is granted to {group}
            </Link>
          </p>
        </>
      )}
      {asking === 'add' && (
        <FormDialog
          open
          title={`Take somebody into ${group}`}
          action="Take in"
          onClose={close}
          onDone={async (fields) => {
            const member = textIn(fields, 'member')
            const { members } = await client.fetchQuery({ ...groupQuery(group), staleTime: 0 })
            // Undo takes nobody out who was in it before.
            if (members.includes(member)) return say(`${member} was in ${group} before.`)
            await addMember(group, member)
            await refresh()
            say(`${member} is in ${group}.`, () => removeMember(group, member).then(refresh))
          }}
        >
          <Field label="User or service account" name="member" required spellCheck={false} autoCapitalize="none" options={(accounts.data?.items ?? []).filter(({ name }) => !data?.members.includes(name)).map(({ name }) => ({ value: name }))} />
        </FormDialog>
      )}
      <ConfirmDialog
        open={asking === 'delete'}
        title="Delete a group"
        name={group}
        action="Delete for good"
        onClose={close}
        onDone={async () => {
          await deleteGroup(group)
          await navigate({ search: { part: 'groups' } })
          await refresh()
          say(`Deleted the group ${group}.`)
        }}
      >
        What is granted to it goes, so its members lose what they have by it. This cannot be undone.
      </ConfirmDialog>
    </Section>
  )
}
