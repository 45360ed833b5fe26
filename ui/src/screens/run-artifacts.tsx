import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { File, Folder } from 'lucide-react'
import { useMemo } from 'react'
import { filesQuery, LIVE_FILES_MILLIS, type FileOwner } from '../api/files.ts'
import type { Run } from '../api/tracking.ts'
import { Empty, ErrorState, Skeleton } from '../components/basics.tsx'
import { FileTree } from '../components/file-tree.tsx'
import { Preview } from '../components/preview.tsx'
import type { RunSearch } from '../lib/search-params.ts'

export function RunArtifacts({ run, path }: { run: Run; path: string | undefined }) {
  const id = run.info.run_id
  const owner = useMemo(() => ({ kind: 'run', id }) as const, [id])
  const running = run.info.status === 'RUNNING'
  const root = useQuery({ ...filesQuery(owner, ''), refetchInterval: running ? LIVE_FILES_MILLIS : false })
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
      <nav aria-label="Files" className={`card min-w-0 self-start overflow-auto p-2 md:max-h-[75dvh] ${path ? 'max-h-[30dvh]' : 'max-h-[75dvh]'}`}>
        <FileTree
          owner={owner}
          live={running}
          chosen={path ?? ''}
          wrap={(file, content, className) => (
            <Link to="/runs/$id" params={{ id }} search={(old: RunSearch) => ({ ...old, path: file.path })} aria-current={path === file.path ? 'true' : undefined} className={className}>
              {content}
            </Link>
          )}
        />
      </nav>
      <div className="card min-w-0 p-3.5">{path ? <Chosen owner={owner} path={path} /> : <Empty icon={File} title="Choose a file to see it" />}</div>
    </div>
  )
}

function Chosen({ owner, path }: { owner: FileOwner; path: string }) {
  const slash = path.lastIndexOf('/')
  const { data, error, isPending } = useQuery(filesQuery(owner, slash < 0 ? '' : path.slice(0, slash)))
  if (error) return <ErrorState error={error} what="The file could not be found" />
  if (isPending) return <Skeleton lines={5} />
  const file = data.find((each) => each.path === path && !each.is_dir)
  if (!file) return <Empty icon={File} title="There is no such file any more" />
  return <Preview key={path} owner={owner} path={path} bytes={file.file_size ?? 0} />
}
