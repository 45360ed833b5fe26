// Previews of files. Whatever a file holds is shown, never run: drawings are images, pages stand in a frame without
// scripts, without an origin and without a way out.

import { useQuery } from '@tanstack/react-query'
import { Braces, ChartLine, Download, FileQuestion } from 'lucide-react'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { fileEndQuery, fileTextQuery, fileUrl, type FileOwner } from '../api/files.ts'
import { figureOf } from '../lib/figure.ts'
import { formatBytes, formatNumber, plural } from '../lib/format.ts'
import { footerLength, parquetFacts } from '../lib/parquet.ts'
import { previewOf, tableOf, type PreviewKind } from '../lib/preview.ts'
import { Button, buttonClass, Empty, ErrorState, Skeleton } from './basics.tsx'
import { FactList } from './fact-list.tsx'
import { CsvTable, JsonTree, LoggedTableView } from './preview-data.tsx'
import { CodeView } from './preview-text.tsx'

const Markdown = lazy(() => import('./markdown.tsx').then((module) => ({ default: module.Markdown })))
const NotebookView = lazy(() => import('./preview-notebook.tsx').then((module) => ({ default: module.NotebookView })))
const FigureView = lazy(() => import('./figure-view.tsx').then((module) => ({ default: module.FigureView })))

export function Preview({ owner, path, bytes }: { owner: FileOwner; path: string; bytes: number }) {
  const name = nameOf(path)
  const url = fileUrl(owner, path)
  const { kind, what, problem } = previewOf(path, bytes)
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
      {problem !== undefined ? (
        <Empty icon={FileQuestion} title={`${what[0]!.toUpperCase()}${what.slice(1)}`}>
          {problem} Download it to look inside.
        </Empty>
      ) : kind === 'image' ? (
        <Image src={url} name={name} />
      ) : kind === 'parquet' ? (
        <ParquetView url={url} name={name} bytes={bytes} />
      ) : (
        <TextPreview url={url} path={path} kind={kind} />
      )}
    </div>
  )
}

function TextPreview({ url, path, kind }: { url: string; path: string; kind: Exclude<PreviewKind, 'image' | 'parquet'> }) {
  const { data, error, isPending, refetch } = useQuery(fileTextQuery(url))
  if (error) return <ErrorState error={error} what="The file could not be read" onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={8} />
  return <TextContent kind={kind} path={path} text={data} />
}

/** A text as its kind is looked at. */
export function TextContent({ kind, path, text, small = false }: { kind: Exclude<PreviewKind, 'image' | 'parquet'>; path: string; text: string; small?: boolean }) {
  const name = nameOf(path)
  if (text.trim() === '') return <p className="text-ink-2">The file is empty.</p>
  switch (kind) {
    case 'table':
      return <CsvTable text={text} separator={/\.tsv$/i.test(path) ? '\t' : ','} name={name} />
    case 'json':
    case 'notebook':
      return <JsonContent text={text} name={name} notebook={kind === 'notebook'} />
    case 'markdown':
      return (
        <Suspense fallback={<Skeleton lines={6} />}>
          <Markdown text={text} />
        </Suspense>
      )
    case 'page':
      return <Page text={text} small={small} />
    case 'drawing':
      return <Drawing text={text} name={name} />
    case 'text':
      return <CodeView text={text} label={`Content of ${name}`} />
  }
}

/** A figure, a table, a notebook, or else a tree; what is no JSON at all is text with the reason. */
function JsonContent({ text, name, notebook }: { text: string; name: string; notebook: boolean }) {
  const [asTree, setAsTree] = useState(false)
  const parsed = useMemo(() => parse(text), [text])
  const figure = useMemo(() => (parsed.problem === undefined && !notebook ? figureOf(parsed.value) : undefined), [parsed, notebook])
  if (parsed.problem !== undefined) {
    return (
      <>
        <p className="mb-2 text-sm text-ink-2">It is no JSON: {parsed.problem}</p>
        <CodeView text={text} label={`Content of ${name}`} />
      </>
    )
  }
  const table = tableOf(parsed.value)
  if (!figure && !table && !notebook) return <JsonTree value={parsed.value} />
  return (
    <>
      <div className="mb-2 flex justify-end">
        <Button kind="quiet" icon={asTree ? ChartLine : Braces} onClick={() => setAsTree(!asTree)}>
          {asTree ? 'As it is meant' : 'As JSON'}
        </Button>
      </div>
      {asTree ? (
        <JsonTree value={parsed.value} />
      ) : (
        <Suspense fallback={<Skeleton lines={8} />}>
          {notebook ? <NotebookView value={parsed.value} /> : figure ? <FigureView figure={figure} raw={parsed.value} /> : table && <LoggedTableView table={table} name={name} />}
        </Suspense>
      )}
    </>
  )
}

function parse(text: string): { value: unknown; problem?: undefined } | { value?: undefined; problem: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    try {
      // Python writes NaN and infinities, which JSON has no word for.
      return { value: JSON.parse(text.replace(/(?<=[[,:\s])(-?Infinity|NaN)(?=\s*[,\]}])/g, '"$1"')) as unknown }
    } catch {
      return { problem: error instanceof Error ? error.message : String(error) }
    }
  }
}

function Image({ src, name }: { src: string; name: string }) {
  const [size, setSize] = useState('')
  const [failed, setFailed] = useState(false)
  if (failed) {
    return (
      <Empty icon={FileQuestion} title="The image cannot be shown">
        The browser does not read it as an image. Download it to look inside.
      </Empty>
    )
  }
  return (
    <figure>
      <img
        src={src}
        alt={name}
        onLoad={(event) => setSize(`${event.currentTarget.naturalWidth} × ${event.currentTarget.naturalHeight}`)}
        onError={() => setFailed(true)}
        className="paper max-h-[70dvh] max-w-full rounded-md border border-line object-contain"
      />
      <figcaption className="mt-1.5 min-h-5 text-sm text-ink-3">{size}</figcaption>
    </figure>
  )
}

/** A drawing in an image runs no script, fetches nothing and answers to no click. */
export function Drawing({ text, name }: { text: string; name: string }) {
  const url = useBlobUrl(text, 'image/svg+xml')
  return url === undefined ? null : <Image key={url} src={url} name={name} />
}

/** Without `allow-scripts` nothing in the frame runs, without `allow-same-origin` it has no origin to ask from. */
export function Page({ text, small = false }: { text: string; small?: boolean }) {
  const url = useBlobUrl(text, 'text/html; charset=utf-8')
  return (
    <>
      <p className="mb-2 text-sm text-ink-3">Shown without its scripts. Download it to see it run.</p>
      {url && <iframe title="Preview" sandbox="" referrerPolicy="no-referrer" src={url} className={`paper w-full rounded-md border border-line ${small ? 'h-72' : 'h-[65dvh]'}`} />}
    </>
  )
}

function useBlobUrl(text: string, type: string): string | undefined {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([text], { type }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [text, type])
  return url
}

const FOOTER_READ = 256_000
const LARGEST_FOOTER = 20_000_000

/** The facts its footer tells; its rows stay where they are. */
function ParquetView({ url, name, bytes }: { url: string; name: string; bytes: number }) {
  const first = useQuery(fileEndQuery(url, bytes, FOOTER_READ))
  const length = first.data ? (footerLength(first.data) ?? 0) + 8 : 0
  const long = length > FOOTER_READ && length <= Math.min(bytes, LARGEST_FOOTER)
  const whole = useQuery({ ...fileEndQuery(url, bytes, length), enabled: long })
  const { data, error, refetch } = long ? whole : first
  if (error) return <ErrorState error={error} what="The file could not be read" onRetry={() => void refetch()} />
  if (!data) return <Skeleton lines={6} />
  const facts = parquetFacts(data)
  if (!facts) {
    return (
      <Empty icon={FileQuestion} title="No footer of a Parquet file">
        The file does not end as a Parquet file does: it may be cut off. Download it to look inside.
      </Empty>
    )
  }
  return (
    <>
      <FactList
        facts={[
          ['Rows', formatNumber(facts.rows)],
          ['Columns', formatNumber(facts.columns.length)],
          ['Row groups', formatNumber(facts.rowGroups)],
          ['Compression', facts.compression],
          ['Written by', facts.writer],
        ]}
      />
      <h4 className="mt-4 mb-1 text-sm font-semibold">{plural(facts.columns.length, 'column')}</h4>
      <ul aria-label={`Columns of ${name}`} className="max-h-[45dvh] overflow-y-auto text-sm" tabIndex={0}>
        {facts.columns.slice(0, 2000).map((column, i) => (
          <li key={i} className="flex justify-between gap-3 border-b border-line py-1 last:border-0">
            <span className="min-w-0 break-words">
              {column.name}
              {column.optional && <span className="text-ink-3"> optional</span>}
            </span>
            <code className="shrink-0 font-mono text-xs leading-5 text-ink-2">{column.type}</code>
          </li>
        ))}
      </ul>
    </>
  )
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
