// The rows of a query: typed columns that can be sorted, each row to be opened.

import { useMemo, useState } from 'react'
import type { SqlColumn } from '../api/sql.ts'
import { nextOrder, parseOrder } from '../lib/columns.ts'
import { compareCells, isNumericType, shownCell } from '../lib/sql-result.ts'
import { Dialog } from './dialog.tsx'
import { FactList } from './fact-list.tsx'
import { Table, type TableColumn } from './table.tsx'

const NOTHING: ReadonlySet<string> = new Set()
const LOOKED_AT = 100

interface ResultRow {
  at: number
  cells: readonly unknown[]
}

export function ResultTable({ name, columns, rows }: { name: string; columns: readonly SqlColumn[]; rows: readonly (readonly unknown[])[] }) {
  const [order, setOrder] = useState<string>()
  const [opened, setOpened] = useState<ResultRow>()
  const shown = useMemo(() => columns.map((column, i) => columnOf(column, i, rows)), [columns, rows])
  const sorted = useMemo(() => {
    const all = rows.map((cells, at): ResultRow => ({ at, cells }))
    const by = parseOrder(order)
    if (!by) return all
    const i = Number(by.field)
    const sign = by.descending ? -1 : 1
    return all.sort((a, b) => compareCells(a.cells[i], b.cells[i], sign))
  }, [rows, order])
  return (
    <>
      <Table
        name={name}
        label="Rows"
        rows={sorted}
        idOf={(row) => String(row.at)}
        columns={shown}
        order={order}
        onOrder={(column) => setOrder((old) => nextOrder(old, column.orderField!, column.numeric === true))}
        selected={NOTHING}
        onOpen={setOpened}
        more={false}
        onMore={() => {}}
        total={sorted.length}
      />
      <Dialog open={opened !== undefined} onClose={() => setOpened(undefined)} title={`Row ${(opened?.at ?? 0) + 1}`} wide>
        {opened && (
          <FactList
            facts={columns.map((column, i) => [
              column.name,
              <span key={i} className="whitespace-pre-wrap">
                {opened.cells[i] === null ? <span className="text-ink-3">null</span> : shownCell(opened.cells[i], column.type)}
              </span>,
            ])}
          />
        )}
      </Dialog>
    </>
  )
}

function columnOf({ name, type }: SqlColumn, i: number, rows: readonly (readonly unknown[])[]): TableColumn<ResultRow> {
  const longest = Math.max(name.length + 3, ...rows.slice(0, LOOKED_AT).map((cells) => shownCell(cells[i], type).length))
  return {
    id: `${i} ${name}`,
    label: name,
    title: `${name} (${type.toLowerCase()})`,
    width: Math.min(Math.max(longest * 7.6 + 24, 80), 420),
    numeric: isNumericType(type),
    orderField: String(i),
    render: ({ cells }) => {
      const cell = cells[i]
      if (cell === null) return <span className="text-ink-3">null</span>
      const text = shownCell(cell, type)
      return (
        <span className="truncate" title={text}>
          {text.slice(0, 1000)}
        </span>
      )
    },
  }
}
