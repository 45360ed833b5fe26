// The columns of a dataset: their types, and what people say of them.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ChartColumn, Download, Pencil, Search } from 'lucide-react'
import { useMemo, useState } from 'react'
import { changeSaid, type Dataset, type DatasetColumn } from '../api/lake.ts'
import { profileQuery } from '../api/profiles.ts'
import { Badge, Button, ErrorState, IconButton } from '../components/basics.tsx'
import { useRowHeight } from '../components/density.ts'
import { Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { percent, ProfileStrip } from '../components/profile-strip.tsx'
import { saveFile } from '../components/save-file.ts'
import { Table, type TableColumn } from '../components/table.tsx'
import { say } from '../components/toasts.tsx'
import { toCsv } from '../lib/csv.ts'
import { formatCount, plural } from '../lib/format.ts'
import { wordsOf } from '../lib/namespaces.ts'
import { medianOf, missingShare, shownValue } from '../lib/profile.ts'
import { DatasetCorrelations } from './dataset-correlations.tsx'

const NOTHING: ReadonlySet<string> = new Set()

/** Reading the values of more than this is asked for by hand. */
const READ_AT_ONCE = 64_000_000

export function DatasetColumns({ dataset, values }: { dataset: Dataset; values: 'shown' | 'hidden' | undefined }) {
  const profiled = values === undefined ? dataset.version !== undefined && dataset.version.size_bytes <= READ_AT_ONCE : values === 'shown'
  const navigate = useNavigate({ from: '/datasets/$name' })
  const number = dataset.version?.number
  const profile = useQuery({ ...profileQuery(dataset.name, number ?? 0), enabled: profiled && number !== undefined })
  const profiles = useMemo(() => (profiled && profile.data ? new Map(profile.data.columns.map((each) => [each.name, each])) : undefined), [profiled, profile.data])
  const [typed, setTyped] = useState('')
  const [editing, setEditing] = useState<DatasetColumn>()
  const rowHeight = useRowHeight()
  const wanted = typed.toLowerCase()
  const rows = useMemo(() => dataset.columns.filter(({ path, doc, unit, tags }) => `${path} ${doc} ${unit} ${tags.join(' ')}`.toLowerCase().includes(wanted)), [dataset.columns, wanted])
  const columns = useMemo<TableColumn<DatasetColumn>[]>(
    () => [
      {
        id: 'path',
        label: 'Column',
        width: 210,
        pinned: true,
        render: ({ path }) => (
          <span className="truncate font-mono text-xs font-medium" title={path}>
            {path}
          </span>
        ),
      },
      {
        id: 'edit',
        label: '',
        title: 'Edit',
        width: 44,
        fixed: true,
        pinned: true,
        render: (column) => <IconButton label={`Edit ${column.path}`} icon={Pencil} tabIndex={-1} onClick={() => setEditing(column)} className="size-7!" />,
      },
      {
        id: 'type',
        label: 'Type',
        width: 110,
        render: ({ type, required }) => (
          <span className="flex min-w-0 items-center gap-1.5">
            <span className="truncate font-mono text-xs text-ink-2" title={type}>
              {type}
            </span>
            {required && <Badge>required</Badge>}
          </span>
        ),
      },
      { id: 'unit', label: 'Unit', width: 70, render: ({ unit }) => <span className="truncate">{unit}</span> },
      ...(profiles
        ? ([
            { id: 'profile', label: 'Values', width: 144, fixed: true, render: ({ path }) => profiles.has(path) && <ProfileStrip profile={profiles.get(path)!} /> },
            { id: 'nulls', label: 'Missing', width: 80, numeric: true, render: ({ path }) => profiles.has(path) && percent(missingShare(profiles.get(path)!)) },
            { id: 'distinct', label: 'Distinct', title: 'Distinct values, estimated', width: 84, numeric: true, render: ({ path }) => profiles.get(path)?.distinct && `~${formatCount(profiles.get(path)!.distinct!.estimate)}` },
            { id: 'min', label: 'Least', width: 100, render: ({ path }) => <Cut text={shownValue(profiles.get(path)?.min)} /> },
            { id: 'median', label: 'Median', width: 90, render: ({ path }) => <Cut text={profiles.has(path) ? medianOf(profiles.get(path)!) : ''} /> },
            { id: 'max', label: 'Greatest', width: 100, render: ({ path }) => <Cut text={shownValue(profiles.get(path)?.max)} /> },
            { id: 'hints', label: 'Looks like', width: 120, render: ({ path }) => <span className="flex gap-1 overflow-hidden">{(profiles.get(path)?.hints ?? []).map(({ looks_like: what, share }) => <Badge key={what} tone="warn" title={`${percent(share)} of those looked at`}>{what}</Badge>)}</span> },
          ] satisfies TableColumn<DatasetColumn>[])
        : []),
      {
        id: 'doc',
        label: 'Description',
        width: 280,
        render: ({ doc }) => (
          <span className="truncate text-ink-2" title={doc}>
            {doc}
          </span>
        ),
      },
      {
        id: 'tags',
        label: 'Tags',
        width: 130,
        render: ({ tags }) => (
          <span className="flex gap-1 overflow-hidden">
            {tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
          </span>
        ),
      },
    ],
    [profiles],
  )
  const height = 38 + rowHeight * Math.max(1, rows.length) + 16
  return (
    <>
      <section className="card" aria-label="Columns">
        <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
          <label className="relative min-w-0 flex-1 basis-40">
            <span className="sr-only">Search columns</span>
            <Search aria-hidden size={15} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
            <input type="search" value={typed} placeholder="Column, unit, description" onChange={(event) => setTyped(event.target.value)} className="field w-full pl-8!" />
          </label>
          <span className="text-sm text-ink-3">{plural(rows.length, 'column')}</span>
          {number !== undefined && (
            <Button icon={ChartColumn} aria-pressed={profiled} disabled={profile.isFetching} onClick={() => void navigate({ search: (old) => ({ ...old, values: profiled ? ('hidden' as const) : ('shown' as const) }), replace: true })}>
              {profile.isFetching ? 'Reading the rows …' : profiled ? 'Hide values' : 'Look at values'}
            </Button>
          )}
          <Button kind="quiet" icon={Download} aria-label="Columns as CSV" onClick={() => saveFile(new Blob([csvOf(dataset.columns)], { type: 'text/csv' }), `${dataset.name}-columns.csv`)}>
            CSV
          </Button>
        </div>
        {profiled && profile.error && <ErrorState error={profile.error} what="The values could not be looked at" onRetry={() => void profile.refetch()} />}
        {rows.length === 0 ? (
          <p className="p-3.5 text-ink-2">{typed ? 'No column has this.' : 'The dataset has no column yet.'}</p>
        ) : (
          <div className="flex flex-col" style={{ height: `min(${height}px, max(16rem, calc(100dvh - 20rem)))` }}>
            <Table
              name="dataset-columns"
              label="Columns"
              rows={rows}
              idOf={({ path }) => path}
              columns={columns}
              selected={NOTHING}
              onOpen={setEditing}
              rowKeys={[{ key: 'e', says: 'Edit what is said of the column', run: (row) => row && setEditing(row) }]}
              more={false}
              onMore={() => {}}
              total={rows.length}
            />
          </div>
        )}
        <FormDialog
          open={editing !== undefined}
          title={editing?.path ?? ''}
          action="Save"
          onClose={() => setEditing(undefined)}
          onDone={async (fields) => {
            const { path, doc, unit, tags } = editing!
            const before = { doc, unit, tags }
            const after = { doc: textIn(fields, 'doc'), unit: textIn(fields, 'unit'), tags: wordsOf(textIn(fields, 'tags')) }
            await changeSaid(dataset.name, { columns: { [path]: before } }, { columns: { [path]: after } })
            say(`Saved ${path}.`, () => changeSaid(dataset.name, { columns: { [path]: after } }, { columns: { [path]: before } }))
          }}
        >
          {editing && (
            <>
              <p className="font-mono text-xs text-ink-2">
                {editing.type}
                {editing.required ? ', required' : ''}
              </p>
              <label className="block">
                <span className="mb-1 block text-sm font-medium">Description</span>
                <textarea name="doc" rows={3} maxLength={10_000} defaultValue={editing.doc} className="field w-full" />
              </label>
              <Field label="Unit" name="unit" maxLength={100} defaultValue={editing.unit} placeholder="EUR, kg, years" />
              <Field label="Tags" name="tags" defaultValue={editing.tags.join(', ')} hint="Words with commas between them, such as pii." />
            </>
          )}
        </FormDialog>
      </section>
      {profiled && profile.data && <DatasetCorrelations correlations={profile.data.correlations} />}
    </>
  )
}

function Cut({ text }: { text: string }) {
  return (
    <span className="truncate font-mono text-xs" title={text}>
      {text}
    </span>
  )
}

function csvOf(columns: readonly DatasetColumn[]): string {
  return toCsv([['column', 'type', 'required', 'unit', 'description', 'tags'], ...columns.map((each) => [each.path, each.type, String(each.required), each.unit, each.doc, each.tags.join(', ')])])
}
