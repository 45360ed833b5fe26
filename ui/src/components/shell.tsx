// What stands around every screen.

import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Ellipsis, Keyboard, Monitor, Moon, Search, Sun } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useStreamState, type StreamState } from '../api/changes.ts'
import { Account } from './account.tsx'
import { Button, IconButton, Key } from './basics.tsx'
import { KeysDialog, useKeys } from './keys.tsx'
import { Mark } from './mark.tsx'
import { Menu } from './menu.tsx'
import { ADMINISTRATION, isAt, NARROW_PLACES, PLACES, type Place } from './places.ts'
import { chooseTheme, useThemeChoice } from './theme.ts'
import { Toasts } from './toasts.tsx'

const Palette = lazy(() => import('./palette.tsx').then((module) => ({ default: module.Palette })))

export function Shell() {
  const [palette, setPalette] = useState(false)
  const [keys, setKeys] = useState(false)
  useKeys('Everywhere', [
    { key: 'mod+k', says: 'Find anything', run: () => setPalette(true), always: true },
    { key: '/', says: 'Find anything', run: () => setPalette(true) },
    { key: '?', says: 'Show these keys', run: () => setKeys(true) },
  ])
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[13rem_minmax(0,1fr)]">
      <a href="#main" className="sr-only z-60 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        Skip to the content
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-surface p-3 md:flex">
        <Brand />
        <Button icon={Search} className="mt-4 justify-start! text-ink-2" onClick={() => setPalette(true)}>
          <span className="flex-1 text-left">Find</span>
          <Key name="mod+k" />
        </Button>
        <nav aria-label="Main" className="mt-3 grid gap-0.5">
          <Places places={PLACES} className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5" />
          <p id="administration" className="mt-4 mb-1 px-2.5 text-xs font-semibold text-ink-3">
            Administration
          </p>
          <div role="group" aria-labelledby="administration" className="grid gap-0.5">
            <Places places={ADMINISTRATION} className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5" />
          </div>
        </nav>
        <div className="mt-auto grid gap-1">
          <Live />
          <Account />
          <div className="flex items-center gap-1">
            <ThemeMenu />
            <IconButton label="Keys" icon={Keyboard} onClick={() => setKeys(true)} />
          </div>
        </div>
      </aside>
      <header className="sticky top-0 z-30 flex items-center justify-between gap-2 border-b border-line bg-surface px-3 py-1.5 md:hidden">
        <Brand />
        <div className="flex items-center gap-1">
          <Live short />
          <Account short />
          <ThemeMenu />
          <IconButton label="Find anything" icon={Search} onClick={() => setPalette(true)} />
        </div>
      </header>
      <main id="main" tabIndex={-1} className="flex min-w-0 flex-col p-3 pb-20 outline-none md:min-h-dvh md:p-6">
        <Outlet />
      </main>
      <nav aria-label="Main" className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-5 border-t border-line bg-surface md:hidden">
        <Places places={NARROW_PLACES} className="flex flex-col items-center gap-0.5 py-1.5 text-xs" />
        <More />
      </nav>
      {palette && (
        <Suspense fallback={null}>
          <Palette onClose={() => setPalette(false)} onKeys={() => setKeys(true)} />
        </Suspense>
      )}
      <KeysDialog open={keys} onClose={() => setKeys(false)} />
      <Toasts />
    </div>
  )
}

function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2 rounded-md px-1 text-lg font-semibold">
      <Mark />
      Millwright
    </Link>
  )
}

function usePath(): string {
  return useRouterState({ select: (state) => state.location.pathname })
}

const placeClass = (here: boolean): string => (here ? 'bg-accent-soft font-semibold text-accent' : 'text-ink-2 hover:bg-hover hover:text-ink')

function Places({ places, className }: { places: readonly Place[]; className: string }) {
  const path = usePath()
  return places.map((place) => {
    const { to, label, icon: Icon } = place
    const here = isAt(place, path)
    return (
      <Link key={to} to={to} aria-current={here ? 'page' : undefined} className={`${className} ${placeClass(here)}`}>
        <Icon aria-hidden size={17} />
        {label}
      </Link>
    )
  })
}

const MORE = [...PLACES.slice(NARROW_PLACES.length), ...ADMINISTRATION]

/** What the bar at the bottom of a narrow screen has no room for. */
function More() {
  const path = usePath()
  const navigate = useNavigate()
  const here = MORE.find((place) => isAt(place, path))
  return (
    <Menu
      trigger={
        <button type="button" aria-current={here ? 'page' : undefined} className={`flex flex-col items-center gap-0.5 py-1.5 text-xs ${placeClass(here !== undefined)}`}>
          <Ellipsis aria-hidden size={17} />
          More
        </button>
      }
      items={MORE.map(({ to, label, icon }) => ({ label, icon, run: () => void navigate({ to }), ...(to === here?.to ? { hint: 'here' } : {}) }))}
    />
  )
}

const LIVE: Record<Exclude<StreamState, 'off'>, { label: string; dot: string }> = {
  connecting: { label: 'Connecting', dot: 'bg-warn' },
  live: { label: 'Live', dot: 'bg-good' },
  lost: { label: 'Reconnecting', dot: 'bg-bad' },
}

function Live({ short = false }: { short?: boolean }) {
  const state = useStreamState()
  if (state === 'off') return null
  const { label, dot } = LIVE[state]
  return (
    <span role="status" className="flex items-center gap-2 px-1.5 text-xs text-ink-2" title={state === 'live' ? 'What is shown follows the server' : 'The stream of changes is not open; the page tries again by itself'}>
      <span aria-hidden className={`size-2 rounded-full ${dot}`} />
      <span className={short ? 'sr-only' : ''}>{label}</span>
    </span>
  )
}

function ThemeMenu() {
  const choice = useThemeChoice()
  const icon = choice === 'dark' ? Moon : choice === 'light' ? Sun : Monitor
  return (
    <Menu
      align="start"
      trigger={<IconButton label="Theme" icon={icon} />}
      items={[
        { label: 'As the system says', icon: Monitor, run: () => chooseTheme('system'), ...(choice === 'system' ? { hint: 'chosen' } : {}) },
        { label: 'Light', icon: Sun, run: () => chooseTheme('light'), ...(choice === 'light' ? { hint: 'chosen' } : {}) },
        { label: 'Dark', icon: Moon, run: () => chooseTheme('dark'), ...(choice === 'dark' ? { hint: 'chosen' } : {}) },
      ]}
    />
  )
}
