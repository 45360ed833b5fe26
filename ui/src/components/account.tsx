// Who is signed in, and the way out.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { CircleUser, KeyRound, LogOut, ShieldQuestionMark, Users } from 'lucide-react'
import { meQuery, signOut } from '../api/access.ts'
import { Button, IconButton } from './basics.tsx'
import { Menu } from './menu.tsx'
import { leaveSignedOut } from './session.ts'
import { sayFailure } from './toasts.tsx'

export function Account({ short = false }: { short?: boolean }) {
  const { data: me } = useQuery(meQuery)
  const navigate = useNavigate()
  if (!me) return null
  const label = me.authentication ? `Account of ${me.name}` : 'Account: Open server'
  const leave = async () => {
    try {
      await signOut()
      leaveSignedOut()
    } catch (error) {
      sayFailure('You are still signed in', error)
    }
  }
  return (
    <Menu
      align="start"
      trigger={
        short ? (
          <IconButton label={label} icon={CircleUser} />
        ) : (
          <Button kind="quiet" icon={CircleUser} aria-label={label} className="min-w-0 justify-start! px-1.5! text-ink-2">
            <span className="min-w-0 truncate">{me.authentication ? me.name : 'Open server'}</span>
          </Button>
        )
      }
      items={[
        { label: 'Access', icon: Users, run: () => void navigate({ to: '/access' }) },
        me.authentication && { label: 'My tokens', icon: KeyRound, run: () => void navigate({ to: '/access', search: { part: 'tokens', owner: me.name } }) },
        me.authentication && { label: 'What may I do?', icon: ShieldQuestionMark, run: () => void navigate({ to: '/access', search: { part: 'explain', who: me.name } }) },
        me.authentication && (me.session ? { label: 'Sign out', icon: LogOut, run: () => void leave() } : { label: 'Sign out', icon: LogOut, hint: 'close the browser', disabled: true, run: () => {} }),
      ]}
    />
  )
}
