// Previews of files. Whatever a file holds is shown, never run: pages and drawings stand in a frame without scripts,
// without an origin and without a way out.

import { useQuery } from '@tanstack/react-query'
import { Download, FileQuestion } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { artifactTextQuery, artifactUrl } from '../api/tracking.ts'
import { parseCsv } from '../lib/csv.ts'
import { formatBytes, plural } from '../lib/format.ts'
import { previewKind } from '../lib/preview.ts'
import { buttonClass, Empty, ErrorState, Skeleton } from './basics.tsx'
import { Markdown } from './markdown.tsx'

const ROWS_SHOWN = 500

export function Preview({ run, path, bytes }: { run: string; path: string; bytes: number }) {
  const kind = previewKind(path, bytes)
  const name = path.slice(path.lastIndexOf('/') + 1)
  const url = artifactUrl(run, path)
  return (
    <div className="min-w-0">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <h3 className="min-w-0 font-semibold break-all">
          {name} <span className="font-normal whitespace-nowrap text-ink-3">{formatBytes(bytes)}</span>
        </h3>
        <a className={buttonClass()} href={url} download={name}>
          <Download aria-hidden size={15} /> Download
        </a>
      </div>
      {kind === 'image' ? (
        <img src={url} alt={name} className="max-h-[70dvh] max-w-full rounded-md border border-line bg-sunken object-contain" />
      ) : kind === 'none' ? (
        <Empty icon={FileQuestion} title="No preview for this file">
          Its kind has no preview, or it is too large for one. Download it to look inside.
        </Empty>
      ) : (
        <TextPreview run={run} path={path} kind={kind} />
      )}
    </div>
  )
}

function TextPreview({ run, path, kind }: { run: string; path: string; kind: 'table' | 'json' | 'markdown' | 'sandbox' | 'text' }) {
  const { data, error, isPending, refetch } = useQuery(artifactTextQuery(run, path))
  if (error) return <ErrorState error={error} what="The file could not be read" onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={8} />
  switch (kind) {
    case 'table':
      return <CsvTable text={data} separator={/\.tsv$/i.test(path) ? '\t' : ','} />
    case 'json':
      return <JsonText text={data} />
    case 'markdown':
      return <Markdown text={data} />
    case 'sandbox':
      return <Sandbox text={data} svg={/\.svg$/i.test(path)} />
    case 'text':
      return <PlainText text={data} />
  }
}

function PlainText({ text }: { text: string }) {
  return (
    <pre tabIndex={0} aria-label="Content of the file" className="max-h-[70dvh] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-sm">
      {text}
    </pre>
  )
}

/** Without `allow-scripts` nothing in the frame runs, without `allow-same-origin` it has no origin to ask from. */
function Sandbox({ text, svg }: { text: string; svg: boolean }) {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([text], { type: svg ? 'image/svg+xml' : 'text/html; charset=utf-8' }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [text, svg])
  return (
    <>
      <p className="mb-2 text-sm text-ink-3">Shown without its scripts. Download it to see it run.</p>
      {url && <iframe title="Preview" sandbox="" referrerPolicy="no-referrer" src={url} className="paper h-[65dvh] w-full rounded-md border border-line" />}
    </>
  )
}

function CsvTable({ text, separator }: { text: string; separator: string }) {
  const rows = useMemo(() => parseCsv(text, separator, ROWS_SHOWN + 1), [text, separator])
  const [head = [], ...body] = rows
  const numeric = head.map((_, i) => body.length > 0 && body.every((row) => row[i] === undefined || row[i] === '' || Number.isFinite(Number(row[i]))))
  return (
    <>
      <div tabIndex={0} role="group" aria-label="Rows of the file" className="max-h-[65dvh] overflow-auto rounded-md border border-line">
        <table className="min-w-full text-sm">
          <thead className="sticky top-0 bg-surface">
            <tr>
              {head.map((cell, i) => (
                <th key={i} scope="col" className={`border-b border-line px-2.5 py-1.5 font-semibold whitespace-nowrap ${numeric[i] ? 'text-right' : 'text-left'}`}>
                  {cell}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((row, i) => (
              <tr key={i} className="hover:bg-hover">
                {row.map((cell, j) => (
                  <td key={j} className={`max-w-80 truncate border-b border-line px-2.5 py-1 ${numeric[j] ? 'text-right' : ''}`} title={cell}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="mt-1.5 text-sm text-ink-3">{body.length >= ROWS_SHOWN ? `The first ${ROWS_SHOWN} rows.` : plural(body.length, 'row')}</p>
    </>
  )
}

export function JsonText({ text }: { text: string }) {
  const parsed = useMemo(() => {
    try {
      return { value: JSON.parse(text) as unknown }
    } catch {
      return undefined
    }
  }, [text])
  if (!parsed) return <PlainText text={text} />
  return (
    <div tabIndex={0} role="group" aria-label="JSON" className="max-h-[70dvh] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-sm">
      <JsonNode value={parsed.value} depth={0} />
    </div>
  )
}

const CHILDREN_SHOWN = 200

function JsonNode({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const [open, setOpen] = useState(depth < 2)
  const label = name === undefined ? null : <span className="text-ink-2">{name}: </span>
  if (value === null || typeof value !== 'object') {
    return (
      <div className="break-words whitespace-pre-wrap">
        {label}
        <span className={typeof value === 'string' ? 'text-good' : 'text-live'}>{JSON.stringify(value)}</span>
      </div>
    )
  }
  const entries = Object.entries(value)
  const size = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer">
        {label}
        <span className="text-ink-3">{size}</span>
      </summary>
      {open && (
        <div className="ml-1.5 border-l border-line pl-3">
          {entries.slice(0, CHILDREN_SHOWN).map(([key, child]) => (
            <JsonNode key={key} name={key} value={child} depth={depth + 1} />
          ))}
          {entries.length > CHILDREN_SHOWN && <div className="text-ink-3">and {entries.length - CHILDREN_SHOWN} more; download the file to see them</div>}
        </div>
      )}
    </details>
  )
}
