// Rows and trees: previews of CSV, logged tables and JSON.

import { useMemo, useState } from 'react'
import { parseCsv } from '../lib/csv.ts'
import { plural } from '../lib/format.ts'
import { cellText, type LoggedTable } from '../lib/preview.ts'
import { Dialog } from './dialog.tsx'
import { FactList } from './fact-list.tsx'
import { Table, type TableColumn } from './table.tsx'

const ROWS_READ = 200_000
const COLUMNS_READ = 1_000
const LOOKED_AT = 200
const LONGEST_TEXT = 1_000
const NOTHING: ReadonlySet<string> = new Set()

interface DataRow {
  at: number
  cells: readonly unknown[]
}

export function CsvTable({ text, separator, name }: { text: string; separator: string; name: string }) {
  const [head = [], ...data] = useMemo(() => parseCsv(text, separator, ROWS_READ + 1), [text, separator])
  return <DataTable columns={head} data={data} name={name} />
}

export function LoggedTableView({ table, name }: { table: LoggedTable; name: string }) {
  return <DataTable columns={table.columns} data={table.data} name={name} />
}

export function DataTable({ columns, data, name }: { columns: readonly string[]; data: readonly (readonly unknown[])[]; name: string }) {
  const [opened, setOpened] = useState<DataRow>()
  const rows = useMemo(() => data.slice(0, ROWS_READ).map((cells, at): DataRow => ({ at, cells })), [data])
  const shown = useMemo(() => columns.slice(0, COLUMNS_READ).map((label, i) => columnOf(label, i, rows)), [columns, rows])
  if (columns.length === 0) return <p className="text-ink-2">The file holds no row.</p>
  return (
    <>
      <div className="flex flex-col overflow-hidden rounded-md border border-line" style={{ height: `min(65dvh, ${Math.max(160, 40 + rows.length * 34 + 16)}px)` }}>
        <Table name={`file ${name}`} label={`Rows of ${name}`} rows={rows} idOf={(row) => String(row.at)} columns={shown} selected={NOTHING} onOpen={setOpened} more={false} onMore={() => {}} total={rows.length} />
      </div>
      <p className="mt-1.5 text-sm text-ink-3">
        {data.length > ROWS_READ ? `The first ${plural(ROWS_READ, 'row')}` : plural(rows.length, 'row')}, {columns.length > COLUMNS_READ ? `the first ${COLUMNS_READ} of ` : ''}
        {plural(columns.length, 'column')}. Enter opens the marked row.
      </p>
      <Dialog open={opened !== undefined} onClose={() => setOpened(undefined)} title={`Row ${(opened?.at ?? 0) + 1}`} wide>
        {opened && <FactList facts={columns.slice(0, COLUMNS_READ).map((label, i) => [label || `column ${i + 1}`, <span key={i} className="whitespace-pre-wrap">{cellText(opened.cells[i])}</span>] as const)} />}
      </Dialog>
    </>
  )
}

/** As wide as what stands in the first rows, and to the right when all of it are numbers. */
function columnOf(label: string, i: number, rows: readonly DataRow[]): TableColumn<DataRow> {
  const texts = rows.slice(0, LOOKED_AT).map((row) => cellText(row.cells[i]))
  const numeric = texts.some((text) => text !== '') && texts.every((text) => text === '' || text === 'NaN' || Number.isFinite(Number(text)))
  const longest = Math.max(label.length + 2, ...texts.map((text) => text.length))
  return {
    id: `${i} ${label}`,
    label: label || `column ${i + 1}`,
    width: Math.min(Math.max(longest * 7.5 + 24, 72), 420),
    numeric,
    pinned: false,
    render: (row) => {
      const text = cellText(row.cells[i])
      return (
        <span className="truncate" title={text.slice(0, LONGEST_TEXT)}>
          {text.slice(0, LONGEST_TEXT)}
        </span>
      )
    },
  }
}

const CHILDREN_SHOWN = 200

export function JsonTree({ value }: { value: unknown }) {
  return (
    <div tabIndex={0} role="group" aria-label="JSON" className="max-h-[70dvh] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-sm">
      <JsonNode value={value} depth={0} />
    </div>
  )
}

function JsonNode({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const [open, setOpen] = useState(depth < 2)
  const [most, setMost] = useState(CHILDREN_SHOWN)
  const label = name === undefined ? null : <span className="text-ink-2">{name}: </span>
  if (value === null || typeof value !== 'object') {
    const text = JSON.stringify(value)
    return (
      <div className="break-words whitespace-pre-wrap">
        {label}
        <span className={typeof value === 'string' ? 'text-good' : 'text-live'}>{text.length > LONGEST_TEXT * 2 ? `${text.slice(0, LONGEST_TEXT * 2)}…` : text}</span>
      </div>
    )
  }
  const keys = Object.keys(value)
  const size = Array.isArray(value) ? `[${keys.length}]` : `{${keys.length}}`
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer">
        {label}
        <span className="text-ink-3">{size}</span>
      </summary>
      {open && (
        <div className="ml-1.5 border-l border-line pl-3">
          {keys.slice(0, most).map((key) => (
            <JsonNode key={key} name={key} value={(value as Record<string, unknown>)[key]} depth={depth + 1} />
          ))}
          {keys.length > most && (
            <button type="button" onClick={() => setMost(most + CHILDREN_SHOWN * 5)} className="text-accent hover:underline">
              {keys.length - most} more
            </button>
          )}
        </div>
      )}
    </details>
  )
}
