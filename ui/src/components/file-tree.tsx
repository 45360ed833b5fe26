// Folders and files that are asked for when they are opened.

import { useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronRight, File, Folder, FolderOpen } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { filesQuery, LIVE_FILES_MILLIS, type FileOwner } from '../api/files.ts'
import type { FileInfo } from '../api/tracking.ts'
import { formatBytes } from '../lib/format.ts'
import { Button, ErrorState, Skeleton } from './basics.tsx'

const SHOWN = 500

interface FileTreeProps {
  owner: FileOwner
  path?: string
  /** The file that is looked at. */
  chosen: string
  /** Whether files may still come. */
  live?: boolean
  /** A link or a button around what is shown of a file. */
  wrap: (file: FileInfo, content: ReactNode, className: string) => ReactNode
}

export function FileTree({ owner, path = '', chosen, live = false, wrap }: FileTreeProps) {
  const { data, error, isPending, refetch } = useQuery({ ...filesQuery(owner, path), refetchInterval: live ? LIVE_FILES_MILLIS : false })
  const [most, setMost] = useState(SHOWN)
  if (error) return <ErrorState error={error} what="This folder could not be listed" onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={2} />
  if (data.length === 0) return <p className="px-2 py-1 text-sm text-ink-2">{path === '' ? 'No file lies here.' : 'Empty'}</p>
  const sorted = [...data].sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || a.path.localeCompare(b.path, undefined, { numeric: true }))
  return (
    <>
      <ul className={path === '' ? '' : 'ml-3 border-l border-line pl-1'}>
        {sorted.slice(0, most).map((file) => (
          <li key={file.path}>
            {file.is_dir ? (
              <FolderRow owner={owner} path={file.path} chosen={chosen} live={live} wrap={wrap} />
            ) : (
              wrap(
                file,
                <>
                  <File aria-hidden size={14} className="shrink-0 text-ink-3" />
                  <span className="min-w-0 flex-1 truncate" title={file.path}>
                    {nameOf(file.path)}
                  </span>
                  <span className="shrink-0 text-xs text-ink-3">{formatBytes(file.file_size ?? 0)}</span>
                </>,
                `flex w-full items-center gap-1.5 rounded-md py-1 pr-2 pl-6 text-left text-sm hover:bg-hover ${chosen === file.path ? 'bg-accent-soft font-medium' : ''}`,
              )
            )}
          </li>
        ))}
      </ul>
      {sorted.length > most && (
        <Button kind="quiet" onClick={() => setMost(most + SHOWN)}>
          Show {Math.min(SHOWN, sorted.length - most)} of {sorted.length - most} more
        </Button>
      )}
    </>
  )
}

function FolderRow({ owner, path, chosen, live, wrap }: Required<FileTreeProps>) {
  const [expanded, setExpanded] = useState(chosen.startsWith(`${path}/`))
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
      {expanded && <FileTree owner={owner} path={path} chosen={chosen} live={live} wrap={wrap} />}
    </>
  )
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
