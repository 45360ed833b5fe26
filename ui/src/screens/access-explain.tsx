// What can somebody do, and through which grant, group or parent; which denial takes a right away?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { CircleCheck, CircleX, Download, Search, ShieldQuestionMark, Terminal } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { accountsQuery, explainQuery, explainUrl, isAdministrator, kindOf, nameOf, type Explanation, type Grant, type Me } from '../api/access.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Button, Empty, ErrorState, Section, Skeleton } from '../components/basics.tsx'
import { Field, textIn } from '../components/form-dialog.tsx'
import { saveFile } from '../components/save-file.ts'
import { toCsv } from '../lib/csv.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { placeWords, RIGHTS, summary } from '../lib/rights.ts'
import { Rule, usePlaces, words } from './access-grants.tsx'

const route = getRouteApi('/access')

export function AccessExplain({ me }: { me: Me }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const administers = isAdministrator(me)
  const accounts = useQuery({ ...accountsQuery, enabled: administers })
  const places = usePlaces(me)
  const who = administers ? search.who : me.name
  return (
    <div className="grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-4">
      <form
        key={`${who} ${search.on}`}
        className="card flex flex-wrap items-end gap-3 p-3.5"
        onSubmit={(event) => {
          event.preventDefault()
          const fields = new FormData(event.currentTarget)
          void navigate({ search: { part: 'explain', who: administers ? textIn(fields, 'who') || undefined : undefined, on: textIn(fields, 'on') || undefined } })
        }}
      >
        {administers ? (
          <Field label="Who" name="who" required className="min-w-0 flex-1 basis-48" defaultValue={who ?? ''} spellCheck={false} autoCapitalize="none" options={(accounts.data?.items ?? []).map(({ name }) => ({ value: name }))} />
        ) : (
          <p className="flex-1 basis-48 self-center">
            What may <span className="font-semibold">{me.name}</span> do?
          </p>
        )}
        <Field label="On what" name="on" className="min-w-0 flex-1 basis-48" placeholder={`workspace:${me.workspace}`} defaultValue={search.on ?? ''} spellCheck={false} autoCapitalize="none" options={places} />
        <Button kind="primary" type="submit" icon={Search}>
          Explain
        </Button>
      </form>
      {!me.authentication && who === undefined && <p className="text-ink-2">While this server is open, everybody may do everything. Choose somebody to see what they could do once it asks who they are.</p>}
      {who === undefined || who === '' ? (
        <Empty icon={ShieldQuestionMark} title="Choose somebody">
          You see each right of theirs, and which grant, group or parent it comes from.
        </Empty>
      ) : (
        <Answer who={who} on={search.on} scoped={me.scoped && who === me.name} />
      )}
    </div>
  )
}

function Answer({ who, on, scoped }: { who: string; on: string | undefined; scoped: boolean }) {
  const { data, error, isPending, refetch } = useQuery(explainQuery(who, on))
  const [call, setCall] = useState<ApiCall>()
  if (error) return <ErrorState error={error} what={`What ${who} may do could not be told`} onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={8} />
  return (
    <Section
      title={`What ${who} may do on ${placeWords(data.entity)}`}
      actions={
        <>
          <Button kind="quiet" icon={Download} onClick={() => saveFile(new Blob([csvOf(data)], { type: 'text/csv' }), `${who}-rights.csv`)}>
            CSV
          </Button>
          <Button kind="quiet" icon={Terminal} onClick={() => setCall({ method: 'GET', url: location.origin + explainUrl(who, on) })}>
            API call
          </Button>
        </>
      }
    >
      <p className="mb-1 text-lg">{summary(who, data.rights)}</p>
      <p className="mb-3 text-sm text-ink-2">
        {kindOf(data.principal) === 'user' ? 'A user' : 'A service account'}, in {data.groups.length === 0 ? 'no group' : `the ${data.groups.length === 1 ? 'group' : 'groups'} ${data.groups.join(', ')}`}.
        {data.parents.length > 0 && ` Rights come down from ${data.parents.map(placeWords).join(', ')} and from the workspace.`}
        {scoped && ' This session has fewer: its token has a scope.'}
      </p>
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-xs text-ink-2">
            <th scope="col" className="py-1.5 pr-3 font-semibold">
              Right
            </th>
            <th scope="col" className="py-1.5 pr-3 font-semibold">
              Has it
            </th>
            <th scope="col" className="py-1.5 font-semibold">
              Because
            </th>
          </tr>
        </thead>
        <tbody>
          {data.rights.map((verdict) => (
            <tr key={verdict.right} className="border-b border-line align-top last:border-0">
              <th scope="row" className="py-2 pr-3 text-left font-medium">
                {RIGHTS[verdict.right]?.name ?? verdict.right}
                <span className="block text-xs font-normal text-ink-3 max-sm:hidden">{RIGHTS[verdict.right]?.means}</span>
              </th>
              <td className="py-2 pr-3">
                <span className={`flex items-center gap-1.5 ${verdict.allowed ? 'text-good' : 'text-ink-2'}`}>
                  {verdict.allowed ? <CircleCheck aria-hidden size={16} /> : <CircleX aria-hidden size={16} />}
                  {verdict.allowed ? 'Yes' : 'No'}
                </span>
              </td>
              <td className="py-2">
                <Because verdict={verdict} principal={data.principal} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </Section>
  )
}

function Because({ verdict, principal }: { verdict: Explanation['rights'][number]; principal: string }) {
  const { given_by: given, denied_by: denied } = verdict
  if (given.length === 0 && denied.length === 0) return <span className="text-ink-3">no grant gives it</span>
  return (
    <ul className="grid gap-1">
      {denied.map((grant) => (
        <Reason key={grant.grant_id} grant={grant} principal={principal} />
      ))}
      {given.map((grant) => (
        <Reason key={grant.grant_id} grant={grant} principal={principal} aside={denied.length > 0 ? 'would give it' : undefined} />
      ))}
      {given.length === 0 && <li className="text-ink-3">and no grant gives it</li>}
    </ul>
  )
}

function Reason({ grant, principal, aside }: { grant: Grant; principal: string; aside?: ReactNode }) {
  return (
    <li className="flex flex-wrap items-center gap-x-1.5">
      <Rule grant={grant} />
      <span className="min-w-0 break-words">on {placeWords(grant.entity)}</span>
      <span className="text-ink-2">{grant.subject === principal ? 'directly' : `through the group ${nameOf(grant.subject)}`}</span>
      {aside && <span className="text-ink-3">({aside})</span>}
    </li>
  )
}

function csvOf(data: Explanation): string {
  const rows = data.rights.map(({ right, allowed, given_by, denied_by }) => [right, allowed ? 'yes' : 'no', given_by.map(words).join('; '), denied_by.map(words).join('; ')])
  return toCsv([['right', 'allowed', 'given_by', 'denied_by'], ...rows])
}
