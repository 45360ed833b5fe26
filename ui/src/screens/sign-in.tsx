// Who are you?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { LogIn } from 'lucide-react'
import { useRef, useState } from 'react'
import { openSession, signInQuery } from '../api/access.ts'
import { ApiError } from '../api/client.ts'
import { Button, buttonClass, CodeBlock, ErrorState, Skeleton } from '../components/basics.tsx'
import { Field } from '../components/form-dialog.tsx'
import { Mark } from '../components/mark.tsx'
import { leaveSignIn } from '../components/session.ts'
import { returnPath } from '../lib/search-params.ts'

const route = getRouteApi('/sign-in')

export function SignIn() {
  const search = route.useSearch()
  const how = useQuery(signInQuery)
  const back = returnPath(search.return)
  return (
    <main id="main" className="grid min-h-dvh content-center justify-items-center p-4">
      <div className="card w-full max-w-sm p-6 shadow-raised">
        <p className="mb-4 flex items-center gap-2 text-lg font-semibold">
          <Mark /> Millwright
        </p>
        <h1 className="mb-4 text-xl font-semibold">Sign in</h1>
        {how.error ? (
          <ErrorState error={how.error} what="The server cannot be asked" onRetry={() => void how.refetch()} />
        ) : how.isPending ? (
          <Skeleton lines={4} />
        ) : how.data.authentication ? (
          <Ways token={search.with === 'token'} back={back} provider={how.data.identity_provider} />
        ) : (
          <>
            <p className="mb-3 text-ink-2">Nobody signs in on this server: it is open to whoever reaches it.</p>
            <a className={buttonClass('primary')} href={back}>
              Go on
            </a>
          </>
        )}
      </div>
    </main>
  )
}

function Ways({ token, back, provider }: { token: boolean; back: string; provider: boolean }) {
  return (
    <>
      {provider && (
        <>
          <a className={`${buttonClass('primary')} w-full`} href={`/auth/oidc/login?return=${encodeURIComponent(back)}`}>
            Sign in at your identity provider
          </a>
          <p aria-hidden className="my-4 flex items-center gap-3 text-sm text-ink-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            or
          </p>
        </>
      )}
      <Form key={String(token)} token={token} back={back} quiet={provider} />
      <p className="mt-4 text-sm">
        <Link to="/sign-in" search={(old) => ({ ...old, with: token ? undefined : ('token' as const) })} replace className="text-accent underline">
          {token ? 'Use a name and a password instead' : 'Use a token instead'}
        </Link>
      </p>
      <details className="mt-2 text-sm text-ink-2">
        <summary className="cursor-pointer">I have neither</summary>
        <p className="mt-2">Ask an administrator for a user. Are you the first? The server printed the administrator's token when it started. If that is lost, its logs do not have it; a token is made by any administrator:</p>
        <div className="mt-2">
          <CodeBlock label="Shell command" code={'./millwright token create "me" --owner NAME'} />
        </div>
      </details>
    </>
  )
}

function Form({ token, back, quiet }: { token: boolean; back: string; quiet: boolean }) {
  const [problem, setProblem] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const secret = useRef<HTMLInputElement>(null)
  const submit = async (fields: FormData) => {
    setBusy(true)
    setProblem(undefined)
    const text = (name: string) => String(fields.get(name) ?? '')
    try {
      await openSession(token ? { token: text('token').trim() } : { username: text('username').trim(), password: text('password') })
      leaveSignIn(back)
    } catch (error) {
      setProblem(error)
      setBusy(false)
      secret.current?.select()
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void submit(new FormData(event.currentTarget))
      }}
      className="grid gap-3"
    >
      {token ? (
        <Field ref={secret} label="Token" name="token" type="password" required autoFocus autoComplete="off" spellCheck={false} hint="It begins with mw_ and was told once, when it was made." />
      ) : (
        <>
          <Field label="Name" name="username" required autoFocus autoComplete="username" autoCapitalize="none" spellCheck={false} />
          <Field ref={secret} label="Password" name="password" type="password" required autoComplete="current-password" />
        </>
      )}
      {problem !== undefined && <Refusal error={problem} />}
      <Button kind={quiet ? 'plain' : 'primary'} type="submit" icon={LogIn} disabled={busy}>
        Sign in
      </Button>
    </form>
  )
}

/** What was typed wrong needs no request id. */
function Refusal({ error }: { error: unknown }) {
  if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 429)) return <ErrorState error={error} what="Signing in did not work" />
  return (
    <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
      {error.message}
    </p>
  )
}
