// A notebook as it was left: its cells and the plainest form of their outputs. Nothing in it runs.

import { useMemo } from 'react'
import { notebookOf, type NotebookCell, type Output } from '../lib/notebook.ts'
import { Markdown } from './markdown.tsx'
import { Drawing, Page } from './preview.tsx'
import { JsonTree } from './preview-data.tsx'

const CELLS_SHOWN = 500
const LONGEST_OUTPUT = 50_000

export function NotebookView({ value }: { value: unknown }) {
  const book = useMemo(() => notebookOf(value), [value])
  if (!book) return <JsonTree value={value} />
  if (book.cells.length === 0) return <p className="text-ink-2">The notebook has no cell.</p>
  return (
    <>
      <ol aria-label="Cells" className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {book.cells.slice(0, CELLS_SHOWN).map((cell, i) => (
          <li key={i} className="min-w-0">
            <Cell cell={cell} at={i + 1} />
          </li>
        ))}
      </ol>
      {book.cells.length > CELLS_SHOWN && <p className="mt-3 text-sm text-ink-3">{book.cells.length - CELLS_SHOWN} more cells: download the notebook to see them.</p>}
    </>
  )
}

function Cell({ cell, at }: { cell: NotebookCell; at: number }) {
  if (cell.kind === 'markdown') return <Markdown text={cell.source} />
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-1.5">
      <div className="flex gap-2">
        <span className="w-10 shrink-0 pt-2 text-right font-mono text-xs text-ink-3">{cell.kind === 'code' ? `[${cell.count ?? ' '}]` : ''}</span>
        <pre tabIndex={0} aria-label={`Cell ${at}`} className="min-w-0 flex-1 overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-sm">
          {cell.source}
        </pre>
      </div>
      {cell.outputs.map((output, i) => (
        <div key={i} className="pl-12">
          <Shown output={output} at={at} />
        </div>
      ))}
    </div>
  )
}

function Shown({ output, at }: { output: Output; at: number }) {
  switch (output.kind) {
    case 'image':
      return <img src={output.url} alt={`Output of cell ${at}`} className="paper max-w-full rounded-md border border-line" />
    case 'drawing':
      return <Drawing text={output.text} name={`Output of cell ${at}`} />
    case 'json':
      return <JsonTree value={output.value} />
    case 'html':
      return <Page text={output.text} small />
    case 'error':
    case 'text':
      return (
        <pre tabIndex={0} aria-label={`Output of cell ${at}`} className={`max-h-96 overflow-auto px-3 py-1 font-mono text-sm ${output.kind === 'error' ? 'rounded-md bg-bad-soft' : ''}`}>
          {output.text.length > LONGEST_OUTPUT ? `${output.text.slice(0, LONGEST_OUTPUT)}\n… ${output.text.length - LONGEST_OUTPUT} more characters` : output.text}
        </pre>
      )
  }
}
