// What a query answered: rows, a chart of them, and how it was planned.

import { Link } from '@tanstack/react-router'
import { Ban, ChartLine, Download, ListTree, LoaderCircle, Table as TableIcon, TextSearch } from 'lucide-react'
import { useEffect, useState } from 'react'
import { fileOfSql, FORMATS, type Explanation, type Format, type ReadVersion } from '../api/sql.ts'
import { Button, CodeBlock, Empty, ErrorState } from '../components/basics.tsx'
import { Menu } from '../components/menu.tsx'
import { ResultTable } from '../components/result-table.tsx'
import { saveFile } from '../components/save-file.ts'
import { sayFailure } from '../components/toasts.tsx'
import { formatBytes, formatCount, formatDuration, plural } from '../lib/format.ts'
import { SQL_PANES, type SqlSearch } from '../lib/lake-search.ts'
import { ResultChart } from './sql-chart.tsx'
import type { SqlRun } from './sql-run.ts'

const LABELS = { table: 'Rows', chart: 'Chart', plan: 'Plan' } as const
const ICONS = { table: TableIcon, chart: ChartLine, plan: ListTree } as const

export function SqlResults({ run, plan, search, onChange }: { run: SqlRun | undefined; plan: Explanation | undefined; search: SqlSearch; onChange: (patch: SqlSearch, replace?: boolean) => void }) {
  const pane = search.pane ?? 'table'
  const result = run?.result
  return (
    <section className="card flex min-h-64 flex-col" aria-label="Result">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-2 py-1.5">
        <div role="tablist" aria-label="Show" className="flex gap-1">
          {SQL_PANES.map((each) => {
            const Icon = ICONS[each]
            return (
              <button
                key={each}
                type="button"
                role="tab"
                aria-selected={pane === each}
                onClick={() => onChange({ pane: each === 'table' ? undefined : each })}
                className={`inline-flex min-h-8 items-center gap-1.5 rounded-md px-2.5 text-sm font-medium ${pane === each ? 'bg-accent-soft text-accent' : 'text-ink-2 hover:bg-hover'}`}
              >
                <Icon aria-hidden size={15} />
                {LABELS[each]}
              </button>
            )
          })}
        </div>
        <div role="status" className="min-w-0 flex-1 basis-52 text-sm text-ink-2">
          {run?.state === 'running' ? (
            <span className="flex items-center gap-2">
              <LoaderCircle aria-hidden size={15} className="animate-spin text-live" />
              Running for <Elapsed since={run.began} />
            </span>
          ) : result ? (
            <>
              {result.truncated ? `The first ${formatCount(result.row_count)} rows` : plural(result.row_count, 'row')} in {formatDuration(result.elapsed_ms)}
              <Versions read={result.snapshots} />
            </>
          ) : null}
        </div>
        {result && <DownloadMenu sql={run.sql} />}
      </div>
      {pane === 'plan' ? <Plan plan={plan} /> : <Answer run={run} chart={pane === 'chart'} search={search} onChange={onChange} />}
      {result?.truncated && pane !== 'plan' && <p className="border-t border-line px-3 py-1.5 text-sm text-ink-2">There are more rows; a file from Download has all of them.</p>}
    </section>
  )
}

function Answer({ run, chart, search, onChange }: { run: SqlRun | undefined; chart: boolean; search: SqlSearch; onChange: (patch: SqlSearch, replace?: boolean) => void }) {
  if (!run)
    return (
      <Empty icon={TextSearch} title="Nothing was run yet">
        Write a query and run it with Ctrl or ⌘ and Enter. A dataset is called by its whole name, an older version by{' '}
        <code className="font-mono text-sm">census.people p at (version =&gt; 3)</code>.
      </Empty>
    )
  if (run.state === 'failed')
    return (
      <div className="p-2">
        <ErrorState error={run.error} what="The query failed" />
      </div>
    )
  if (run.state === 'cancelled')
    return (
      <Empty icon={Ban} title="The query was stopped">
        Nothing of it was kept.
      </Empty>
    )
  if (!run.result) return <div className="min-h-48" />
  const { columns, rows } = run.result
  if (rows.length === 0) return <Empty title="No row is like this">The query ran and answered {plural(columns.length, 'column')} without a row.</Empty>
  if (chart) return <ResultChart columns={columns} rows={rows} search={search} onChange={onChange} />
  return (
    <div className="flex flex-col" style={{ height: `min(${56 + rows.length * 34}px, max(18rem, calc(100dvh - 28rem)))` }}>
      <ResultTable key={run.id} name={`sql ${columns.map(({ name }) => name).join(',')}`.slice(0, 200)} columns={columns} rows={rows} />
    </div>
  )
}

function Plan({ plan }: { plan: Explanation | undefined }) {
  if (!plan) return <Empty icon={ListTree} title="Nothing was explained yet">Explain shows how a query would run and how much it would read, without running it.</Empty>
  const { rows, bytes, files, files_in_all: all } = plan.estimate
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3 p-3.5">
      <p>
        It would read at most {plural(rows, 'row')}, {formatBytes(bytes)} in {plural(files, 'file')}
        {files < all && ` of ${all}: the others cannot have such rows`}
        <Versions read={plan.snapshots} />
      </p>
      <CodeBlock label="Plan" code={plan.plan} />
    </div>
  )
}

function Versions({ read }: { read: readonly ReadVersion[] }) {
  if (read.length === 0) return null
  return (
    <>
      , from{' '}
      {read.map(({ dataset, version }, i) => (
        <span key={`${dataset} ${version}`}>
          {i > 0 && ', '}
          <Link to="/datasets/$name" params={{ name: dataset }} search={{ aspect: 'versions' }} className="text-accent underline">
            {dataset}
          </Link>{' '}
          {version > 0 ? `version ${version}` : 'without a version'}
        </span>
      ))}
    </>
  )
}

function DownloadMenu({ sql }: { sql: string }) {
  const [busy, setBusy] = useState(false)
  const download = async (format: Format) => {
    setBusy(true)
    try {
      saveFile(await fileOfSql(sql, format), `query.${format.ending}`)
    } catch (error) {
      sayFailure('The file could not be made', error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Menu
      trigger={
        <Button kind="quiet" icon={Download} disabled={busy}>
          {busy ? 'Making the file …' : 'Download'}
        </Button>
      }
      items={FORMATS.map((format) => ({ label: format.label, hint: 'runs it anew', run: () => void download(format) }))}
    />
  )
}

function Elapsed({ since }: { since: number }) {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200)
    return () => clearInterval(timer)
  }, [])
  return <span className="tabular-nums">{formatDuration(Math.max(0, now - since))}</span>
}
