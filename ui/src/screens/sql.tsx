// What do the datasets say?

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { CircleStop, Ellipsis, Link2, Play, Save, ScanSearch, Terminal } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTopics } from '../api/changes.ts'
import { datasetNamesQuery, datasetQuery } from '../api/lake.ts'
import { explainSql, SQL, savedQueryQuery, type Explanation } from '../api/sql.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, ErrorState, IconButton, PageHeader, Skeleton } from '../components/basics.tsx'
import { CodeField } from '../components/code-field.tsx'
import { useKeys } from '../components/keys.tsx'
import { Menu } from '../components/menu.tsx'
import { say, sayFailure } from '../components/toasts.tsx'
import type { Known, SqlEditor } from '../components/sql-editor.ts'
import type { SqlSearch } from '../lib/lake-search.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { stringifySearch } from '../lib/search-params.ts'
import { SaveDialog } from './sql-save.tsx'
import { SqlResults } from './sql-results.tsx'
import { SqlSide } from './sql-side.tsx'
import { useSqlRun } from './sql-run.ts'

const route = getRouteApi('/sql')
const TOPICS = ['lake']
const SETTLE_MILLIS = 500

export function SqlScreen() {
  useTopics(TOPICS)
  const search = route.useSearch()
  const { saved } = search
  const opened = useQuery(savedQueryQuery(saved ?? ''))
  // An address names the saved query, its text comes from the server.
  const written = search.sql ?? (saved === undefined ? '' : opened.data?.sql)
  if (written === undefined && !opened.error) return <Skeleton lines={6} />
  return <Workbench search={search} written={written ?? ''} />
}

function Workbench({ search, written }: { search: SqlSearch; written: string }) {
  const navigate = useNavigate({ from: '/sql' })
  const client = useQueryClient()
  const opened = useQuery(savedQueryQuery(search.saved ?? ''))
  const set = useCallback((patch: SqlSearch, replace = false) => void navigate({ search: (old) => ({ ...old, ...patch }), replace }), [navigate])
  const editor = useRef<SqlEditor>(undefined)
  const [text, setText] = useState(written)
  const [plan, setPlan] = useState<Explanation>()
  const [planning, setPlanning] = useState(false)
  const [saving, setSaving] = useState(false)
  const [call, setCall] = useState<ApiCall>()
  const { run, start, stop } = useSqlRun()

  // What is written goes into the address when one pauses; what comes from the address goes into the editor.
  const told = useRef(written)
  const savedText = opened.data?.sql
  const tell = useCallback(
    (next: string) => {
      told.current = next
      set({ sql: next === savedText || next === '' ? undefined : next }, true)
    },
    [set, savedText],
  )
  useEffect(() => {
    if (text === told.current) return
    const timer = setTimeout(() => tell(text), SETTLE_MILLIS)
    return () => clearTimeout(timer)
  }, [text, tell])
  useEffect(() => {
    if (written === told.current) return
    told.current = written
    setText(written)
    editor.current?.replace(written)
  }, [written])

  const execute = (sql = editor.current?.text() ?? text) => {
    if (sql.trim() === '') return
    tell(sql)
    if (search.pane === 'plan') set({ pane: undefined }, true)
    void start(sql)
  }
  const explain = async () => {
    setPlanning(true)
    try {
      setPlan(await explainSql(text))
      set({ pane: 'plan' })
    } catch (error) {
      sayFailure('The query cannot be planned', error)
    } finally {
      setPlanning(false)
    }
  }
  useKeys('SQL', [
    { key: 'mod+Enter', says: 'Run the query', run: () => execute(), always: true },
    { key: 'e', says: 'Go to the editor', run: () => editor.current?.focus() },
  ])

  const datasets = useQuery(datasetNamesQuery('', 1000))
  const known = useMemo<Known>(
    () => ({
      datasets: () => datasets.data ?? [],
      columns: (name) =>
        client.fetchQuery({ ...datasetQuery(name), staleTime: 60_000 }).then(
          ({ columns }) => columns,
          () => [],
        ),
    }),
    [client, datasets.data],
  )
  const link = () => location.origin + '/ui/sql' + stringifySearch({ ...(search.saved && text === savedText ? { saved: search.saved } : { sql: text }), pane: search.pane === 'chart' ? 'chart' : undefined, kind: search.kind, cx: search.cx, cy: search.cy })
  const running = run?.state === 'running'
  return (
    <>
      <PageHeader
        title="SQL"
        actions={
          <>
            <Button icon={Link2} disabled={text === ''} onClick={() => void navigator.clipboard?.writeText(link()).then(() => say('Copied the link to this query.'))}>
              Copy link
            </Button>
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[{ label: 'Show the API call', icon: Terminal, disabled: text === '', run: () => setCall({ method: 'POST', url: location.origin + SQL, body: { sql: text } }) }]}
            />
          </>
        }
      >
        {search.saved && (
          <p className="mt-1 flex flex-wrap items-center gap-2 text-sm text-ink-2">
            <span className="font-medium">{search.saved}</span>
            {opened.data && text !== opened.data.sql && <Badge tone="warn">changed</Badge>}
            {opened.data && <span>by {opened.data.owner}</span>}
            {opened.data?.description && <span className="break-words">{opened.data.description}</span>}
          </p>
        )}
      </PageHeader>
      {opened.error && search.saved && <ErrorState error={opened.error} what={`The saved query ${search.saved} could not be read`} />}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <section className="card overflow-hidden" aria-label="Query">
            <CodeField ref={editor} initial={written} known={known} onChange={setText} onRun={() => execute()} />
            <div className="flex flex-wrap items-center gap-2 border-t border-line p-2">
              {running ? (
                <Button kind="danger" icon={CircleStop} onClick={() => void stop()}>
                  Stop
                </Button>
              ) : (
                <Button kind="primary" icon={Play} disabled={text.trim() === ''} onClick={() => execute()} title="Ctrl or ⌘ and Enter">
                  Run
                </Button>
              )}
              <Button icon={ScanSearch} disabled={text.trim() === '' || planning} onClick={() => void explain()}>
                Explain
              </Button>
              <Button icon={Save} disabled={text.trim() === ''} onClick={() => setSaving(true)}>
                Save
              </Button>
              <span className="ml-auto text-sm text-ink-3">
                Names are completed as you type; <kbd className="font-mono text-xs">Ctrl Space</kbd> shows all.
              </span>
            </div>
          </section>
          <SqlResults run={run} plan={plan} search={search} onChange={set} />
        </div>
        <SqlSide
          side={search.side ?? 'datasets'}
          saved={search.saved}
          everybodys={search.everybodys ?? false}
          onEverybodys={(everybodys) => set({ everybodys: everybodys || undefined }, true)}
          onSide={(side) => set({ side: side === 'datasets' ? undefined : side })}
          onInsert={(piece) => editor.current?.insert(piece)}
          onOpen={(sql) => set({ sql, saved: undefined, kind: undefined, cx: undefined, cy: undefined })}
          onOpenSaved={(name) => void navigate({ search: { saved: name, side: 'saved' } })}
        />
      </div>
      <SaveDialog open={saving} sql={text} current={opened.data} onClose={() => setSaving(false)} onSaved={(name) => void navigate({ search: (old) => ({ ...old, saved: name, sql: undefined }) })} />
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}
