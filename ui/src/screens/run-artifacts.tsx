import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronDown, ChevronRight, File, Folder, FolderOpen } from 'lucide-react'
import { useState } from 'react'
import { artifactsQuery, type Run } from '../api/tracking.ts'
import { Empty, ErrorState, Skeleton } from '../components/basics.tsx'
import { Preview } from '../components/preview.tsx'
import { formatBytes } from '../lib/format.ts'
import type { RunSearch } from '../lib/search-params.ts'

export function RunArtifacts({ run, path }: { run: Run; path: string | undefined }) {
  const id = run.info.run_id
  const root = useQuery(artifactsQuery(id, ''))
  if (root.error) return <ErrorState error={root.error} what="The artifacts could not be listed" onRetry={() => void root.refetch()} />
  if (root.isPending) return <Skeleton lines={5} />
  if (root.data.length === 0) {
    return (
      <Empty icon={Folder} title="No artifact yet">
        <code className="font-mono text-sm">mlflow.log_artifact("report.html")</code> stores a file here.
      </Empty>
    )
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 md:grid-cols-[minmax(14rem,20rem)_minmax(0,1fr)]">
      <nav aria-label="Files" className="card max-h-[75dvh] min-w-0 overflow-auto p-2">
        <Files run={id} path="" open={path ?? ''} />
      </nav>
      <div className="card min-w-0 p-3.5">{path ? <Chosen run={id} path={path} /> : <Empty icon={File} title="Choose a file to see it" />}</div>
    </div>
  )
}

function Files({ run, path, open }: { run: string; path: string; open: string }) {
  const { data, error, isPending } = useQuery(artifactsQuery(run, path))
  if (error) return <ErrorState error={error} what="This folder could not be listed" />
  if (isPending) return <Skeleton lines={2} />
  const sorted = [...data].sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || a.path.localeCompare(b.path, undefined, { numeric: true }))
  return (
    <ul className={path === '' ? '' : 'ml-3 border-l border-line pl-1'}>
      {sorted.map((file) => (
        <li key={file.path}>
          {file.is_dir ? (
            <FolderRow run={run} path={file.path} open={open} />
          ) : (
            <Link
              to="/runs/$id"
              params={{ id: run }}
              search={(old: RunSearch) => ({ ...old, path: file.path })}
              aria-current={open === file.path ? 'true' : undefined}
              className={`flex items-center gap-1.5 rounded-md py-1 pr-2 pl-6 text-sm hover:bg-hover ${open === file.path ? 'bg-accent-soft font-medium' : ''}`}
            >
              <File aria-hidden size={14} className="shrink-0 text-ink-3" />
              <span className="min-w-0 flex-1 truncate" title={file.path}>
                {nameOf(file.path)}
              </span>
              <span className="shrink-0 text-xs text-ink-3">{formatBytes(file.file_size ?? 0)}</span>
            </Link>
          )}
        </li>
      ))}
    </ul>
  )
}

function FolderRow({ run, path, open }: { run: string; path: string; open: string }) {
  const [expanded, setExpanded] = useState(open.startsWith(`${path}/`))
  const Chevron = expanded ? ChevronDown : ChevronRight
  const Icon = expanded ? FolderOpen : Folder
  return (
    <>
      <button type="button" aria-expanded={expanded} onClick={() => setExpanded(!expanded)} className="flex w-full items-center gap-1 rounded-md px-1 py-1 text-left text-sm hover:bg-hover">
        <Chevron aria-hidden size={14} className="shrink-0 text-ink-3" />
        <Icon aria-hidden size={14} className="shrink-0 text-ink-3" />
        <span className="min-w-0 flex-1 truncate" title={path}>
          {nameOf(path)}
        </span>
      </button>
      {expanded && <Files run={run} path={path} open={open} />}
    </>
  )
}

function Chosen({ run, path }: { run: string; path: string }) {
  const slash = path.lastIndexOf('/')
  const { data, error, isPending } = useQuery(artifactsQuery(run, slash < 0 ? '' : path.slice(0, slash)))
  if (error) return <ErrorState error={error} what="The file could not be found" />
  if (isPending) return <Skeleton lines={5} />
  const file = data.find((each) => each.path === path && !each.is_dir)
  if (!file) return <Empty icon={File} title="There is no such file any more" />
  return <Preview key={path} run={run} path={path} bytes={file.file_size ?? 0} />
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
