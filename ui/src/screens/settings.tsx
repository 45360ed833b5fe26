// How is this server set up, and why so?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Download, Search, Terminal } from 'lucide-react'
import { useMemo, useRef, useState, type ReactNode } from 'react'
import { settingsQuery, type Setting, type Settings } from '../api/admin.ts'
import { OWN } from '../api/client.ts'
import { healthQuery, versionQuery } from '../api/system.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, Empty, IconButton, PageHeader, Section, Skeleton, Time } from '../components/basics.tsx'
import { chooseDensity, useDensity, type Density } from '../components/density.ts'
import { useKeys } from '../components/keys.tsx'
import { NotShown } from '../components/refused.tsx'
import { saveFile } from '../components/save-file.ts'
import { chooseTheme, useThemeChoice, type ThemeChoice } from '../components/theme.ts'
import type { SettingsSearch } from '../lib/admin-search.ts'
import { toCsv } from '../lib/csv.ts'
import { formatDuration } from '../lib/format.ts'
import type { ApiCall } from '../lib/reproduce.ts'

const route = getRouteApi('/settings')
const SOURCES = {
  flag: { label: 'flag', tone: 'accent' },
  environment: { label: 'environment', tone: 'live' },
  file: { label: 'file', tone: 'good' },
  default: { label: 'default', tone: 'plain' },
} as const

const GROUPS: Record<string, string> = { '': 'Places', server: 'Server', oidc: 'Sign-in at a provider', webhooks: 'Webhooks', log: 'Log' }

export function SettingsScreen() {
  const { data, error, isPending, refetch } = useQuery(settingsQuery)
  return (
    <>
      <PageHeader title="Settings" />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(17rem,1fr)]">
        <div className="order-2 grid grid-cols-[minmax(0,1fr)] content-start gap-4 lg:order-1">
          {error ? (
            <Section title="Settings of the server">
              <NotShown error={error} what="The settings could not be read" right="an administrator" onRetry={() => void refetch()} />
            </Section>
          ) : isPending ? (
            <Section title="Settings of the server">
              <Skeleton lines={10} />
            </Section>
          ) : (
            <Effective settings={data.settings} />
          )}
        </div>
        <div className="order-1 grid grid-cols-[minmax(0,1fr)] content-start gap-4 lg:order-2">
          <Yours />
          <Server settings={data} />
        </div>
      </div>
    </>
  )
}

/** What belongs to the person and stays in this browser. */
function Yours() {
  const theme = useThemeChoice()
  const density = useDensity()
  return (
    <Section title="Yours, in this browser">
      <Choice<ThemeChoice> label="Theme" value={theme} options={{ system: 'As the system says', light: 'Light', dark: 'Dark' }} onChange={chooseTheme} />
      <Choice<Density> label="Tables" value={density} options={{ comfortable: 'Comfortable', compact: 'Compact' }} onChange={chooseDensity} />
    </Section>
  )
}

function Choice<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: Record<T, string>; onChange: (value: T) => void }) {
  return (
    <fieldset className="mb-3 last:mb-0">
      <legend className="mb-1 text-sm text-ink-2">{label}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {(Object.keys(options) as T[]).map((option) => (
          <label key={option} className="flex items-center gap-1.5">
            <input type="radio" name={label} checked={value === option} onChange={() => onChange(option)} />
            {options[option]}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function Server({ settings }: { settings: Settings | undefined }) {
  const health = useQuery(healthQuery)
  const version = useQuery(versionQuery)
  const facts: [string, ReactNode][] = [
    ['Health', health.error ? <span className="text-bad">{health.error.message}</span> : health.data ? `well, answers in ${formatDuration(Math.max(1, health.data.millis))}` : '…'],
    ['Millwright', version.data?.millwright ?? '…'],
    ['Answers as MLflow', version.data?.mlflow ?? '…'],
    ['Java', version.data?.java ?? '…'],
    ['Address', location.origin],
    ...(settings
      ? ([
          ['Running since', <Time key="since" millis={Date.parse(settings.started_at)} exact />],
          ['Home', settings.home],
          ['Database', settings.database],
          ['Artifacts', settings.artifacts],
        ] satisfies [string, ReactNode][])
      : []),
  ]
  return (
    <Section title="This server">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        {facts.map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-ink-3">{label}</dt>
            <dd className="break-all">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

function Effective({ settings }: { settings: readonly Setting[] }) {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/settings' })
  const set = (patch: SettingsSearch) => void navigate({ search: (old) => ({ ...old, ...patch }), replace: true })
  const find = useRef<HTMLInputElement>(null)
  const [call, setCall] = useState<ApiCall>()
  useKeys('Settings', [{ key: 's', says: 'Search the settings', run: () => find.current?.focus() }])
  const shown = useMemo(() => {
    const wanted = (search.q ?? '').toLowerCase()
    return settings.filter(
      (each) => (!search.set || each.source !== 'default') && (wanted === '' || [each.key, each.value, each.description, each.origin].some((text) => text.toLowerCase().includes(wanted))),
    )
  }, [settings, search.q, search.set])
  const groups = Map.groupBy(shown, ({ key }) => (key.includes('.') ? key.slice(0, key.indexOf('.')) : ''))
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <label className="relative min-w-0 flex-1 basis-56">
          <span className="sr-only">Search the settings</span>
          <Search aria-hidden size={15} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
          <input ref={find} type="search" value={search.q ?? ''} placeholder="Name, value or meaning" onChange={(event) => set({ q: event.target.value || undefined })} className="field w-full pl-8!" />
        </label>
        <label className="flex items-center gap-1.5 text-sm">
          <input type="checkbox" checked={search.set === true} onChange={(event) => set({ set: event.target.checked || undefined })} /> Only what somebody set
        </label>
        <Button icon={Download} onClick={() => saveFile(new Blob([toCsv([['key', 'value', 'source', 'origin', 'description'], ...shown.map((each) => [each.key, each.value, each.source, each.origin, each.description])])], { type: 'text/csv' }), 'settings.csv')}>
          CSV
        </Button>
        <IconButton label="Show the API call" icon={Terminal} className="border border-line-strong" onClick={() => setCall({ method: 'GET', url: `${location.origin}${OWN}/settings` })} />
      </div>
      {shown.length === 0 && (
        <Empty icon={Search} title={search.q ? 'No setting has this in its name or meaning' : 'Nothing was set: everything has its default'} actions={<Button onClick={() => set({ q: undefined, set: undefined })}>Show all</Button>} />
      )}
      {[...groups].map(([group, members]) => (
        <Section key={group} title={GROUPS[group] ?? group} id={`settings-${group}`}>
          <ul aria-labelledby={`settings-${group}`} className="-my-2 divide-y divide-line">
            {members.map((setting) => (
              <li key={setting.key} className="py-2.5" data-setting={setting.key}>
                <Row setting={setting} />
              </li>
            ))}
          </ul>
        </Section>
      ))}
      <p className="text-sm text-ink-3">
        A flag wins over the environment, that over the file. Settings are read when the server starts: change one there, and start it again. <code className="font-mono text-xs">millwright config</code> prints the same.
      </p>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

function Row({ setting }: { setting: Setting }) {
  const { label, tone } = SOURCES[setting.source]
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
        <span className="font-mono text-sm font-medium break-all">{setting.key}</span>
        <span className="min-w-0 font-mono text-sm break-all text-ink-2">
          {setting.hidden ? <span className="font-sans text-ink-3">set, not shown</span> : setting.value === '' ? <span className="font-sans text-ink-3">empty</span> : setting.value}
        </span>
        <span className="ml-auto">
          <Badge tone={tone} title={setting.origin}>
            {label}
          </Badge>
        </span>
      </div>
      <p className="mt-0.5 text-sm text-ink-2">
        {setting.description}
        {(setting.source === 'environment' || setting.source === 'file') && <span className="break-all text-ink-3"> From {setting.origin.replace(/^environment /, '')}.</span>}
      </p>
    </>
  )
}
